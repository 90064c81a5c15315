//! A spliced body as three pieces, so that nothing is copied; its length is known beforehand.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use wire::head::Spliced;

#[derive(Debug)]
pub(crate) struct SplicedBody {
    pieces: std::array::IntoIter<Bytes, 3>,
    left: u64,
}

impl SplicedBody {
    pub(crate) fn new(spliced: Spliced) -> Self {
        Self {
            left: spliced.len() as u64,
            pieces: spliced.into_parts().into_iter(),
        }
    }
}

impl Body for SplicedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.find(|piece| !piece.is_empty());
        if let Some(piece) = &piece {
            self.left -= piece.len() as u64;
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
