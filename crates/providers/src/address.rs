//! Which network addresses a provider may lead to.
//!
//! A base URL is a text that a person pastes, and a name in it may lead to another place tomorrow. So a node is held
//! to the public internet unless an administrator says that it stands in their own network, and nothing is ever sent to
//! where a cloud keeps its machines' credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Where an address belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Public,
    /// This machine, its network, or no unicast address at all.
    Private,
    /// Where a cloud gives a machine's credentials to whoever asks.
    Metadata,
}

/// How far a provider may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    Public,
    /// Into the network this program stands in as well.
    Private,
}

/// Why an address is not connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    #[error(
        "`{0}` is on this machine or in a private network, and this provider may only lead to the public internet: an administrator can allow it at the provider"
    )]
    Private(String),
    #[error("`{0}` is where a cloud keeps its machines' credentials: nothing is ever sent there")]
    Metadata(String),
}

impl Reach {
    #[must_use]
    pub fn may_connect(self, address: IpAddr) -> bool {
        match standing(address) {
            Standing::Public => true,
            Standing::Private => self == Self::Private,
            Standing::Metadata => false,
        }
    }

    /// Whether a URL names an address, in whatever notation, that this may not lead to. Names are for whoever resolves
    /// them.
    pub fn check(self, url: &Url) -> Result<(), Blocked> {
        let address: IpAddr = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        self.check_address(address)
    }

    pub fn check_address(self, address: IpAddr) -> Result<(), Blocked> {
        match standing(address) {
            Standing::Metadata => Err(Blocked::Metadata(address.to_string())),
            Standing::Private if self == Self::Public => Err(Blocked::Private(address.to_string())),
            Standing::Public | Standing::Private => Ok(()),
        }
    }
}

/// <https://www.iana.org/assignments/iana-ipv4-special-registry>,
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>.
#[must_use]
pub fn standing(address: IpAddr) -> Standing {
    match address {
        IpAddr::V4(address) => standing_v4(address),
        IpAddr::V6(address) => match carried(address) {
            Some(carried) => standing_v4(carried),
            None => standing_v6(address),
        },
    }
}

/// Amazon, Azure, Google and most others: 169.254.169.254; Amazon's containers: 169.254.170.2 and 169.254.170.23;
/// Alibaba: 100.100.100.200; Oracle's first: 192.0.0.192.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>,
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>,
/// <https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata>.
const METADATA_V4: [Ipv4Addr; 5] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
];

/// Amazon's `fd00:ec2::254` and, for containers, `fd00:ec2::23`; Google's `fd20:ce::254`.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

/// The IPv4 address that an IPv6 address leads to: mapped, compatible, or behind NAT64 (RFC 6052).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let low = |[.., g, h]: [u16; 8]| {
        let [[a, b], [c, d]] = [g.to_be_bytes(), h.to_be_bytes()];
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        segments @ ([0, 0, 0, 0, 0, 0 | 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _]) => {
            Some(low(segments))
        }
        _ => None,
    }
}

fn standing_v4(address: Ipv4Addr) -> Standing {
    let [a, b, c, _] = address.octets();
    if METADATA_V4.contains(&address) {
        return Standing::Metadata;
    }
    let is_private = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || a == 100 && (64..128).contains(&b)
        || a == 192 && b == 0 && c == 0
        || a == 198 && (18..20).contains(&b);
    if is_private {
        Standing::Private
    } else {
        Standing::Public
    }
}

/// Global unicast is `2000::/3`; what is carved out of it leads elsewhere or nowhere.
fn standing_v6(address: Ipv6Addr) -> Standing {
    let [first, second, ..] = address.segments();
    if METADATA_V6.contains(&address) {
        return Standing::Metadata;
    }
    let is_public = (0x2000..0x4000).contains(&first)
        && first != 0x2002
        && !(first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        && first != 0x3fff;
    if is_public {
        Standing::Public
    } else {
        Standing::Private
    }
}

#[cfg(test)]
mod tests {
    use super::{Blocked, Reach, Standing, standing};
    use std::net::IpAddr;
    use url::Url;

    #[test]
    fn only_public_addresses_are_public() {
        let cases: [(Standing, &[&str]); 3] = [
            (
                Standing::Private,
                &[
                    "127.0.0.1",
                    "10.0.0.1",
                    "172.16.0.1",
                    "192.168.1.1",
                    "169.254.1.1",
                    "100.64.0.1",
                    "0.0.0.0",
                    "255.255.255.255",
                    "224.0.0.1",
                    "198.18.0.1",
                    "::1",
                    "::",
                    "fe80::1",
                    "fd00::1",
                    "ff02::1",
                    "::ffff:127.0.0.1",
                    "::127.0.0.1",
                    "2002:7f00:1::",
                    "2001:db8::1",
                    "64:ff9b::7f00:1",
                ],
            ),
            (
                Standing::Metadata,
                &[
                    "169.254.169.254",
                    "169.254.170.2",
                    "100.100.100.200",
                    "fd00:ec2::254",
                    "::ffff:169.254.169.254",
                    "64:ff9b::a9fe:a9fe",
                ],
            ),
            (
                Standing::Public,
                &[
                    "1.1.1.1",
                    "93.184.216.34",
                    "2606:4700::1111",
                    "::ffff:1.1.1.1",
                    // What an IPv6-only network makes of a public IPv4 address.
                    "64:ff9b::101:101",
                ],
            ),
        ];
        for (expected, addresses) in cases {
            for text in addresses {
                let address: IpAddr = text.parse().expect("an address");
                assert_eq!(standing(address), expected, "{text}");
            }
        }
    }

    #[test]
    fn an_address_is_known_in_every_notation() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "①②⑦.0.0.1",
            "%31%32%37.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:0:0:1]",
            "0",
        ] {
            let url = Url::parse(&format!("http://{host}:8000/v1")).expect("a URL");
            let found = Reach::Public.check(&url);
            assert!(
                matches!(found, Err(Blocked::Private(_))),
                "{host}: {found:?}"
            );
            assert_eq!(Reach::Private.check(&url), Ok(()), "{host}");
        }
        for host in [
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "[::ffff:169.254.169.254]",
            "[fd00:ec2::254]",
            "[fd00:0ec2:0:0:0:0:0:254]",
        ] {
            let url = Url::parse(&format!("http://{host}/latest")).expect("a URL");
            for reach in [Reach::Public, Reach::Private] {
                let found = reach.check(&url);
                assert!(
                    matches!(found, Err(Blocked::Metadata(_))),
                    "{host}: {found:?}"
                );
            }
        }
    }
}
