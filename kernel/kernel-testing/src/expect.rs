//! The messages that a test expects, in its order.

use crate::{Channel, FrontEnd, Received, Sent};
use serde_json::{Value, json};

impl FrontEnd {
    /// The next message of a channel, which must have this type.
    pub fn expect(&mut self, channel: Channel, msg_type: &str) -> Received {
        let message = self.next(channel);
        assert_eq!(message.msg_type, msg_type, "on {channel:?}: {message:?}");
        message
    }

    fn expect_on_iopub(&mut self, request: &Sent, msg_type: &str) -> Value {
        let message = self.expect(Channel::Iopub, msg_type);
        assert_eq!(message.parent, request.id, "{message:?}");
        assert!(
            message.topic.starts_with("kernel.") && message.topic.ends_with(&format!(".{msg_type}")),
            "{message:?}"
        );
        message.content
    }

    /// The next output belongs to the request and has this type; gives its content.
    pub fn expect_output(&mut self, request: &Sent, msg_type: &str) -> Value {
        self.expect_on_iopub(request, msg_type)
    }

    fn expect_status(&mut self, request: &Sent, state: &str) {
        let content = self.expect_on_iopub(request, "status");
        assert_eq!(content, json!({"execution_state": state}));
    }

    /// The kernel has begun with the request.
    pub fn expect_busy(&mut self, request: &Sent) {
        self.expect_status(request, "busy");
    }

    /// The kernel has done with the request.
    pub fn expect_idle(&mut self, request: &Sent) {
        self.expect_status(request, "idle");
    }

    /// The code of the cell for all front ends.
    pub fn expect_input(&mut self, request: &Sent, code: &str, execution_count: u64) {
        let content = self.expect_on_iopub(request, "execute_input");
        assert_eq!(content, json!({"code": code, "execution_count": execution_count}));
    }

    /// Text on a stream, in one or more messages.
    pub fn expect_stream(&mut self, request: &Sent, name: &str, text: &str) {
        let mut found = String::new();
        while found.len() < text.len() {
            let content = self.expect_on_iopub(request, "stream");
            assert_eq!(content["name"], name, "{content}");
            found.push_str(content["text"].as_str().expect("a text"));
        }
        // Long texts are not worth printing.
        assert!(found == text, "{:?} instead of {:?}", cut(&found), cut(text));
    }

    /// The error of a cell for all front ends.
    pub fn expect_error(&mut self, request: &Sent, name: &str, value: &str) {
        let content = self.expect_on_iopub(request, "error");
        assert_eq!((&content["ename"], &content["evalue"]), (&json!(name), &json!(value)));
        assert!(content["traceback"].is_array());
    }

    /// The reply on shell, which must have this type; gives its content.
    pub fn expect_reply(&mut self, request: &Sent, msg_type: &str) -> Value {
        self.expect_reply_on(Channel::Shell, request, msg_type)
    }

    /// The reply on a channel, which must have this type; gives its content.
    pub fn expect_reply_on(&mut self, channel: Channel, request: &Sent, msg_type: &str) -> Value {
        let message = self.expect(channel, msg_type);
        assert_eq!(message.parent, request.id, "{message:?}");
        message.content
    }

    /// The reply of a cell that ended well, without payload.
    pub fn expect_done(&mut self, request: &Sent, execution_count: u64) {
        let content = self.expect_reply(request, "execute_reply");
        let expected = json!({
            "status": "ok",
            "execution_count": execution_count,
            "user_expressions": {},
            "payload": [],
        });
        assert_eq!(content, expected);
    }

    /// The reply of a request that failed; gives its `evalue`.
    pub fn expect_failed(&mut self, request: &Sent, msg_type: &str, name: &str) -> String {
        let content = self.expect_reply(request, msg_type);
        assert_eq!((&content["status"], &content["ename"]), (&json!("error"), &json!(name)), "{content}");
        assert!(content["traceback"].is_array());
        content["evalue"].as_str().expect("a text").to_string()
    }

    /// A cell that prints one text and nothing else, from busy to its reply.
    pub fn expect_cell_that_prints(&mut self, code: &str, text: &str, execution_count: u64) {
        let cell = self.execute(code);
        self.expect_busy(&cell);
        self.expect_input(&cell, code, execution_count);
        self.expect_stream(&cell, "stdout", text);
        self.expect_idle(&cell);
        self.expect_done(&cell, execution_count);
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(200)]
}
