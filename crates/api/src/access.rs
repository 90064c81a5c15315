//! Who may call a route. Every route of the program has exactly one of these.

/// The class of a route, checked before its handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Anybody. Says nothing that a stranger must not know.
    Public,
    /// A client of the data plane, with a key of this router.
    ClientKey,
    /// A monitoring system, with its own token, or a program on the router's machine.
    Monitor,
    /// A signed-in user.
    Session,
    /// A signed-in administrator.
    Admin,
}
