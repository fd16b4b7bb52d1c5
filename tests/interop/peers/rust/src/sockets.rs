//! One socket of any type, and messages as frames.

use crate::content::Frames;
use bytes::Bytes;
use std::time::Duration;
use zeromq::util::PeerIdentity;
use zeromq::{Socket, SocketOptions, SocketRecv, SocketSend, ZmqError, ZmqMessage};

pub enum Any {
    Push(zeromq::PushSocket),
    Pull(zeromq::PullSocket),
    Dealer(zeromq::DealerSocket),
    Router(zeromq::RouterSocket),
    Req(zeromq::ReqSocket),
    Rep(zeromq::RepSocket),
    Pub(zeromq::PubSocket),
    Sub(zeromq::SubSocket),
    XPub(zeromq::XPubSocket),
    XSub(zeromq::XSubSocket),
}

/// Does the same with a socket of every type.
macro_rules! each {
    ($any:expr, $socket:ident => $action:expr) => {
        match $any {
            Any::Push($socket) => $action,
            Any::Pull($socket) => $action,
            Any::Dealer($socket) => $action,
            Any::Router($socket) => $action,
            Any::Req($socket) => $action,
            Any::Rep($socket) => $action,
            Any::Pub($socket) => $action,
            Any::Sub($socket) => $action,
            Any::XPub($socket) => $action,
            Any::XSub($socket) => $action,
        }
    };
}

fn text(error: ZmqError) -> String {
    error.to_string()
}

impl Any {
    pub fn new(kind: &str, identity: &str) -> Result<Any, String> {
        let mut options = SocketOptions::default();
        if !identity.is_empty() {
            let identity: PeerIdentity = identity.parse().map_err(text)?;
            options.peer_identity(identity);
        }
        Ok(match kind {
            "push" => Any::Push(zeromq::PushSocket::with_options(options)),
            "pull" => Any::Pull(zeromq::PullSocket::with_options(options)),
            "dealer" => Any::Dealer(zeromq::DealerSocket::with_options(options)),
            "router" => Any::Router(zeromq::RouterSocket::with_options(options)),
            "req" => Any::Req(zeromq::ReqSocket::with_options(options)),
            "rep" => Any::Rep(zeromq::RepSocket::with_options(options)),
            "pub" => Any::Pub(zeromq::PubSocket::with_options(options)),
            "sub" => Any::Sub(zeromq::SubSocket::with_options(options)),
            "xpub" => Any::XPub(zeromq::XPubSocket::with_options(options)),
            "xsub" => Any::XSub(zeromq::XSubSocket::with_options(options)),
            _ => return Err(format!("zeromq has no {kind}")),
        })
    }

    pub async fn bind(&mut self, endpoint: &str) -> Result<String, String> {
        each!(self, socket => socket.bind(endpoint).await)
            .map(|bound| bound.to_string())
            .map_err(text)
    }

    pub async fn connect(&mut self, endpoint: &str) -> Result<(), String> {
        each!(self, socket => socket.connect(endpoint).await).map_err(text)
    }

    pub async fn subscribe(&mut self, topic: &str) -> Result<(), String> {
        match self {
            Any::Sub(socket) => socket.subscribe(topic).await.map_err(text),
            Any::XSub(socket) => socket.subscribe(topic).await.map_err(text),
            _ => Err("only SUB and XSUB subscribe".into()),
        }
    }

    pub async fn unsubscribe(&mut self, topic: &str) -> Result<(), String> {
        match self {
            Any::Sub(socket) => socket.unsubscribe(topic).await.map_err(text),
            Any::XSub(socket) => socket.unsubscribe(topic).await.map_err(text),
            _ => Err("only SUB and XSUB unsubscribe".into()),
        }
    }

    /// A socket without a peer returns the message at once instead of waiting for one.
    pub async fn send(&mut self, frames: Frames) -> Result<(), String> {
        let frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
        let mut message = ZmqMessage::try_from(frames).map_err(|_| "a message without frames")?;
        loop {
            let outcome = match self {
                Any::Push(socket) => socket.send(message).await,
                Any::Dealer(socket) => socket.send(message).await,
                Any::Router(socket) => socket.send(message).await,
                Any::Req(socket) => socket.send(message).await,
                Any::Rep(socket) => socket.send(message).await,
                Any::Pub(socket) => socket.send(message).await,
                Any::XPub(socket) => socket.send(message).await,
                _ => return Err("this type does not send".into()),
            };
            match outcome {
                Err(ZmqError::ReturnToSender { message: returned, .. }) => message = returned,
                other => return other.map_err(text),
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub async fn receive(&mut self) -> Result<Frames, String> {
        let message = match self {
            Any::Pull(socket) => socket.recv().await,
            Any::Dealer(socket) => socket.recv().await,
            Any::Router(socket) => socket.recv().await,
            Any::Req(socket) => socket.recv().await,
            Any::Rep(socket) => socket.recv().await,
            Any::Sub(socket) => socket.recv().await,
            Any::XPub(socket) => socket.recv().await,
            Any::XSub(socket) => socket.recv().await,
            _ => return Err("this type does not receive".into()),
        };
        let message = message.map_err(text)?;
        Ok(message.into_vec().into_iter().map(|frame| frame.to_vec()).collect())
    }
}
