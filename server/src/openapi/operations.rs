//! What each route is for, what it takes and what it gives, said beside its handler.
//!
//! ```text
//! api.about("Keys")
//!     .get("/api/keys", "Your keys").gives(object([("keys", many::<Key>())]))
//!     .post("/api/keys", "Create a key").takes::<NewKey>().creates(object([("key", of::<String>())]))
//! ```

use http::Method;
use schemars::JsonSchema;

use crate::openapi::shape::{Shape, of};

/// One method of one path.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) about: &'static str,
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: Vec<Parameter>,
    pub(super) body: Option<Shape>,
    pub(super) status: u16,
    pub(super) media_type: &'static str,
    pub(super) answer: Shape,
}

/// A parameter after the `?`.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) shape: Shape,
}

/// Descriptions, in the order in which they are read.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    about: &'static str,
    pub(super) list: Vec<Operation>,
}

impl Operations {
    /// What the operations after this one are about.
    pub(crate) fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    pub(crate) fn get(self, path: &'static str, summary: &'static str) -> Self {
        self.add(Method::GET, path, summary)
    }

    pub(crate) fn post(self, path: &'static str, summary: &'static str) -> Self {
        self.add(Method::POST, path, summary)
    }

    pub(crate) fn put(self, path: &'static str, summary: &'static str) -> Self {
        self.add(Method::PUT, path, summary)
    }

    pub(crate) fn patch(self, path: &'static str, summary: &'static str) -> Self {
        self.add(Method::PATCH, path, summary)
    }

    pub(crate) fn delete(self, path: &'static str, summary: &'static str) -> Self {
        self.add(Method::DELETE, path, summary)
    }

    fn add(mut self, method: Method, path: &'static str, summary: &'static str) -> Self {
        self.list.push(Operation {
            about: self.about,
            method,
            path,
            summary,
            query: Vec::new(),
            body: None,
            status: 200,
            media_type: "application/json",
            answer: Shape::Any,
        });
        self
    }

    /// Of the operation before: a parameter after the `?`, which may be left out.
    pub(crate) fn query(self, name: &'static str, meaning: &'static str, shape: Shape) -> Self {
        let parameter = Parameter {
            name,
            meaning,
            shape,
        };
        self.last(|operation| operation.query.push(parameter))
    }

    /// Of the operation before: its body, in JSON.
    pub(crate) fn takes<T: JsonSchema>(self) -> Self {
        self.takes_a(of::<T>())
    }

    pub(crate) fn takes_a(self, shape: Shape) -> Self {
        self.last(|operation| operation.body = Some(shape))
    }

    /// Of the operation before: what comes under 200.
    pub(crate) fn gives(self, shape: Shape) -> Self {
        self.last(|operation| operation.answer = shape)
    }

    /// Of the operation before: what comes under 201.
    pub(crate) fn creates(self, shape: Shape) -> Self {
        self.last(|operation| (operation.status, operation.answer) = (201, shape))
    }

    /// Of the operation before: its answer is no JSON document but a text of this type.
    pub(crate) fn typed(self, media_type: &'static str) -> Self {
        self.last(|operation| operation.media_type = media_type)
    }

    fn last(mut self, change: impl FnOnce(&mut Operation)) -> Self {
        if let Some(operation) = self.list.last_mut() {
            change(operation);
        }
        self
    }
}
