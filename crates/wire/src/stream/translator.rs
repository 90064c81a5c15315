//! An upstream's answer in, the client's out, as it comes or as a whole.

use std::time::Duration;

use crate::codec::{self, Editor, Encoder, Reply};
use crate::dialect::Dialect;
use crate::error::{WireError, encode_stream_error};
use crate::format::Format;
use crate::framing::Frame;
use crate::ir::event::Step;
use crate::ir::target::Restore;
use crate::stream::accumulator::Accumulator;
use crate::stream::reading::Reading;
use crate::stream::restorer::Restorer;
use crate::stream::stopper::Stopper;
use crate::tap::Observed;

/// One answer on its way.
pub struct Translator {
    reading: Reading,
    restorer: Restorer,
    stopper: Stopper,
    steps: Vec<Step>,
    restored: Vec<Step>,
    writer: Writer,
    client: Format,
    state: State,
}

enum Writer {
    /// For a client that streams.
    Stream(Box<dyn Encoder>),
    /// For one that does not.
    Whole {
        accumulator: Box<Accumulator>,
        reply: Box<Reply>,
    },
    /// The client's own format in an envelope.
    Edit {
        editor: Box<dyn Editor>,
        is_stream: bool,
        /// For an answer that did not come as the editor needs it.
        instead: Box<Instead>,
    },
}

/// The way through the neutral representation, beside an editor.
struct Instead {
    encoder: Box<dyn Encoder>,
    accumulator: Accumulator,
    reply: Reply,
}

/// How far the answer has come, as far as the client's status depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Nothing that the client would call an answer.
    Silent,
    Answering,
    /// It failed before it began.
    Failed(WireError),
    Ended,
}

/// What a client shall get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Stream,
    Whole,
}

impl std::fmt::Debug for Translator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Translator")
            .field("client", &self.client)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Translator {
    /// From any dialect to any format.
    pub fn new(
        dialect: Dialect,
        client: Format,
        delivery: Delivery,
        restore: Restore,
        reply: Reply,
    ) -> Self {
        let reading = Reading::new(dialect, reply.seed.clone());
        let writer = match delivery {
            Delivery::Stream => Writer::Stream(codec::encoder(client, reply)),
            Delivery::Whole => Writer::Whole {
                accumulator: Box::default(),
                reply: Box::new(reply),
            },
        };
        Self::with(reading, writer, client, restore)
    }

    /// Out of an envelope around the client's own format. `None` if `dialect` is no such envelope.
    pub fn unwrapping(
        dialect: Dialect,
        client: Format,
        delivery: Delivery,
        restore: Restore,
        reply: Reply,
    ) -> Option<Self> {
        let reading = Reading::new(dialect, reply.seed.clone());
        let writer = Writer::Edit {
            editor: codec::editor(client, dialect)?,
            is_stream: delivery == Delivery::Stream,
            instead: Box::new(Instead {
                encoder: codec::encoder(client, reply.clone()),
                accumulator: Accumulator::new(),
                reply,
            }),
        };
        Some(Self::with(reading, writer, client, restore))
    }

    fn with(reading: Reading, writer: Writer, client: Format, mut restore: Restore) -> Self {
        let stop = std::mem::take(&mut restore.stop);
        Self {
            reading,
            restorer: Restorer::new(restore),
            stopper: Stopper::new(stop),
            steps: Vec::new(),
            restored: Vec::new(),
            writer,
            client,
            state: State::Silent,
        }
    }

    /// The next bytes of the upstream; what the client gets for them is appended to `out`.
    pub fn feed(&mut self, chunk: &[u8], elapsed: Duration, out: &mut Vec<u8>) {
        let mut steps = std::mem::take(&mut self.steps);
        match &mut self.writer {
            Writer::Edit {
                editor,
                is_stream: true,
                ..
            } => {
                let mut edited = Vec::new();
                self.reading.feed(
                    chunk,
                    &mut |frame| editor.frame(frame, &mut edited),
                    &mut steps,
                );
                out.append(&mut edited);
            }
            Writer::Edit { editor, .. } => {
                // Only the whole is of interest, but the editor gathers it from the frames.
                let mut unused = Vec::new();
                let mut see = |frame: &Frame| editor.frame(frame, &mut unused);
                self.reading.feed(chunk, &mut see, &mut steps);
            }
            Writer::Stream(_) | Writer::Whole { .. } => {
                self.reading.feed(chunk, &mut |_| {}, &mut steps);
            }
        }
        self.write(&mut steps, elapsed, out);
        self.steps = steps;
    }

    /// The upstream has sent everything. For a client that does not stream this is where its answer comes.
    pub fn finish(&mut self, elapsed: Duration, out: &mut Vec<u8>) {
        let mut steps = std::mem::take(&mut self.steps);
        let mut edited = Vec::new();
        let mut whole = None;
        if let Writer::Edit {
            editor, is_stream, ..
        } = &mut self.writer
        {
            if self.reading.is_body() && !*is_stream {
                whole = Some(editor.body(self.reading.body()));
            }
            self.reading
                .finish(&mut |frame| editor.frame(frame, &mut edited), &mut steps);
            if *is_stream {
                out.append(&mut edited);
            } else {
                whole = whole.or_else(|| editor.whole());
            }
        } else {
            self.reading.finish(&mut |_| {}, &mut steps);
        }
        self.write(&mut steps, elapsed, out);
        self.steps = steps;
        if let Some(whole) = whole
            && !matches!(self.state, State::Failed(_))
        {
            out.extend_from_slice(&whole);
            self.state = State::Ended;
        }
        self.close(elapsed, out);
    }

    /// The upstream broke off, or is waited for no longer.
    pub fn fail(&mut self, error: WireError, elapsed: Duration, out: &mut Vec<u8>) {
        let mut steps = std::mem::take(&mut self.steps);
        self.reading.fail(error, &mut steps);
        self.write(&mut steps, elapsed, out);
        self.steps = steps;
        self.close(elapsed, out);
    }

    /// The upstream has begun to answer, if only with an event that says nothing.
    pub fn has_begun(&self) -> bool {
        self.reading.has_begun()
    }

    /// The first content has come: from now on the client's status is decided.
    pub fn is_answering(&self) -> bool {
        self.state != State::Silent
    }

    /// The answer failed before anything of it was written: the client can be told by a status.
    pub fn failed_early(&self) -> Option<&WireError> {
        match &self.state {
            State::Failed(error) => Some(error),
            State::Silent | State::Answering | State::Ended => None,
        }
    }

    /// Headers are sent although nothing has come; from now on even a first error is written into the stream.
    pub fn commit(&mut self) {
        if self.state == State::Silent {
            self.state = State::Answering;
        }
    }

    /// Nothing more will be written.
    pub fn is_ended(&self) -> bool {
        self.reading.is_ended() || self.stopper.has_stopped()
    }

    pub fn keep_alive(&self) -> &'static [u8] {
        match &self.writer {
            Writer::Stream(encoder) => encoder.keep_alive(),
            Writer::Edit {
                is_stream: true, ..
            } if self.client == Format::OpenaiResponses => b": keep-alive\n\n",
            Writer::Whole { .. } | Writer::Edit { .. } => b"",
        }
    }

    pub fn observed(&self) -> Observed {
        self.reading.observed()
    }

    fn write(&mut self, steps: &mut Vec<Step>, elapsed: Duration, out: &mut Vec<u8>) {
        let mut restored = std::mem::take(&mut self.restored);
        for step in steps.drain(..) {
            self.restorer.push(step, &mut restored);
        }
        let mut cut = Vec::new();
        for step in restored.drain(..) {
            self.stopper.push(step, &mut cut);
        }
        for step in cut {
            self.write_step(step, elapsed, out);
        }
        self.restored = restored;
    }

    fn write_step(&mut self, step: Step, elapsed: Duration, out: &mut Vec<u8>) {
        if let (Step::Error(error), State::Silent) = (&step, &self.state) {
            self.state = State::Failed(error.clone());
            out.clear();
            return;
        }
        let is_content = matches!(step, Step::Open(_) | Step::Finish { .. });
        if is_content && self.state == State::Silent {
            self.state = State::Answering;
        }
        match &mut self.writer {
            Writer::Stream(encoder) => encoder.step(&step, elapsed, out),
            Writer::Whole { accumulator, .. } => accumulator.push(step),
            // A document came where a stream was asked for, and an editor only knows frames.
            Writer::Edit {
                is_stream: true,
                instead,
                ..
            } if self.reading.is_body() => instead.encoder.step(&step, elapsed, out),
            Writer::Edit {
                is_stream: true, ..
            } => {
                // An upstream's own error event has been passed on already; a broken stream has none.
                if let Step::Error(error) = step
                    && self.reading.is_broken()
                {
                    out.extend_from_slice(&encode_stream_error(self.client, &error));
                }
            }
            Writer::Edit { instead, .. } => {
                if let Step::Error(error) = &step {
                    self.state = State::Failed(error.clone());
                }
                instead.accumulator.push(step);
            }
        }
    }

    fn close(&mut self, elapsed: Duration, out: &mut Vec<u8>) {
        if matches!(self.state, State::Failed(_) | State::Ended) {
            return;
        }
        let folded = match &mut self.writer {
            Writer::Whole { accumulator, reply } => Some((&mut **accumulator, &**reply)),
            Writer::Edit {
                is_stream: false,
                instead,
                ..
            } => Some((&mut instead.accumulator, &instead.reply)),
            Writer::Stream(_) | Writer::Edit { .. } => None,
        };
        if let Some((accumulator, reply)) = folded {
            match std::mem::take(accumulator).finish() {
                Some(Ok(response)) => {
                    let body = codec::encode_response(self.client, &response, reply, elapsed);
                    out.extend(body);
                }
                Some(Err(error)) => {
                    self.state = State::Failed(error);
                    return;
                }
                None => {}
            }
        }
        self.state = State::Ended;
    }
}
