//! What interop_peer.cpp does, with zeromq in Rust, which has no PAIR. It has nothing that waits until
//! everything has left either; so after "done" the process lives until it is told "end".

mod content;
mod sockets;

use content::{Content, Frames, OTHER_TOPIC, PROBE, TOPIC};
use sockets::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

type Outcome<T> = Result<T, String>;

struct Settings {
    kind: String,
    tasks: Vec<String>,
    bind: String,
    connect: String,
    identity: String,
    peer: String,
    delimiter: bool,
    count: u64,
    window: u64,
    content: Content,
}

fn number(text: Option<String>) -> Outcome<u64> {
    text.and_then(|digits| digits.parse().ok())
        .ok_or_else(|| "a number is missing".into())
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Outcome<Settings> {
    let kind = arguments.next().ok_or("the type is missing")?;
    let tasks: Vec<String> = arguments
        .next()
        .ok_or("the tasks are missing")?
        .split(',')
        .map(String::from)
        .collect();
    let has_topic = tasks[0] == "publish" || tasks[0] == "subscribe";
    let prefix = if has_topic { TOPIC.into() } else { String::new() };
    let mut given = Settings {
        kind,
        tasks,
        bind: String::new(),
        connect: String::new(),
        identity: String::new(),
        peer: String::new(),
        delimiter: false,
        count: 1000,
        window: 8,
        content: Content { seed: 1, one: false, without_empty: false, prefix },
    };
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--delimiter" => given.delimiter = true,
            "--without-empty" => given.content.without_empty = true,
            "--count" => given.count = number(arguments.next())?,
            "--window" => given.window = number(arguments.next())?,
            "--seed" => given.content.seed = number(arguments.next())?,
            "--bind" => given.bind = arguments.next().unwrap_or_default(),
            "--connect" => given.connect = arguments.next().unwrap_or_default(),
            "--identity" => given.identity = arguments.next().unwrap_or_default(),
            "--peer" => given.peer = arguments.next().unwrap_or_default(),
            "--parts" => given.content.one = arguments.next().as_deref() == Some("one"),
            _ => return Err(format!("unknown argument {name}")),
        }
    }
    Ok(given)
}

fn say(line: &str) {
    use std::io::Write;
    println!("{line}");
    let _ = std::io::stdout().flush();
}

fn read_line() -> Option<String> {
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(size) if size > 0 => Some(line.trim().into()),
        _ => None,
    }
}

struct Peer {
    given: Settings,
    socket: Any,
}

impl Peer {
    async fn open(given: Settings) -> Outcome<Peer> {
        let mut socket = Any::new(&given.kind, &given.identity)?;
        if given.tasks[0] == "subscribe" {
            socket.subscribe(TOPIC).await?;
        }
        if !given.bind.is_empty() {
            say(&format!("bound {}", socket.bind(&given.bind.replace(":*", ":0")).await?));
        } else if let Err(problem) = socket.connect(&given.connect).await {
            if given.tasks[0] != "stand" {
                return Err(problem);
            }
        }
        Ok(Peer { given, socket })
    }

    async fn run(&mut self) -> Outcome<()> {
        for task in self.given.tasks.clone() {
            match task.as_str() {
                "send" => {
                    for index in 0..self.given.count {
                        self.send(self.given.content.message(index)).await?;
                    }
                }
                "receive" | "echo" => {
                    for index in 0..self.given.count {
                        let frames = self.receive_checked(index).await?;
                        if task == "echo" {
                            self.send(frames).await?;
                        }
                    }
                }
                "ask" => self.ask().await?,
                "publish" => self.publish().await?,
                "subscribe" => self.take_topic().await?,
                "stand" => drop(tokio::task::spawn_blocking(read_line).await),
                _ => return Err(format!("unknown task {task}")),
            }
        }
        Ok(())
    }

    async fn ask(&mut self) -> Outcome<()> {
        let (mut sent, mut received) = (0, 0);
        while received < self.given.count {
            if sent < self.given.count && sent - received < self.given.window {
                let mut frames = self.given.content.message(sent);
                sent += 1;
                if self.given.delimiter {
                    frames.insert(0, Vec::new());
                }
                if self.given.kind == "router" {
                    frames.insert(0, self.given.peer.clone().into_bytes());
                }
                self.send(frames).await?;
            } else {
                self.receive_checked(received).await?;
                received += 1;
            }
        }
        Ok(())
    }

    async fn publish(&mut self) -> Outcome<()> {
        if self.given.kind == "xpub" {
            self.expect_change(1).await?;
        } else {
            let told = Arc::new(AtomicBool::new(false));
            let teller = told.clone();
            std::thread::spawn(move || {
                read_line();
                teller.store(true, Ordering::Release);
            });
            while !told.load(Ordering::Acquire) {
                self.send(vec![PROBE.into()]).await?;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        for index in 0..self.given.count {
            self.send(self.given.content.message(index)).await?;
            self.send(self.given.content.unwanted()).await?;
        }
        if self.given.kind == "xpub" {
            self.expect_change(0).await?;
        }
        Ok(())
    }

    async fn expect_change(&mut self, first: u8) -> Outcome<()> {
        let mut expected = vec![first];
        expected.extend(TOPIC.as_bytes());
        if self.receive().await? != vec![expected] {
            return Err("the XPUB was told something else of its subscriber".into());
        }
        Ok(())
    }

    async fn take_topic(&mut self) -> Outcome<()> {
        let mut index = 0;
        while index < self.given.count {
            let frames = self.receive().await?;
            if frames.len() == 1 && frames[0] == PROBE.as_bytes() {
                continue;
            }
            if !frames[0].starts_with(TOPIC.as_bytes()) {
                return Err(format!("this was not subscribed to, as {OTHER_TOPIC} is not"));
            }
            self.given.content.check(&frames, 0, index)?;
            index += 1;
        }
        // Fails when the publisher, who has said everything, was quicker to end.
        let _ = self.socket.unsubscribe(TOPIC).await;
        Ok(())
    }

    async fn receive_checked(&mut self, index: u64) -> Outcome<Frames> {
        let frames = self.receive().await?;
        let routes = self.given.kind == "router";
        let envelope = usize::from(routes) + usize::from(self.given.delimiter);
        self.given.content.check(&frames, envelope, index)?;
        if self.given.delimiter && !frames[envelope - 1].is_empty() {
            return Err("the frame before the content is not empty".into());
        }
        if routes && frames[0] != self.given.peer.as_bytes() {
            return Err(format!("the identity is not '{}'", self.given.peer));
        }
        Ok(frames)
    }

    async fn receive(&mut self) -> Outcome<Frames> {
        tokio::time::timeout(LIMIT, self.socket.receive())
            .await
            .map_err(|_| "zeromq received nothing in time")?
    }

    async fn send(&mut self, frames: Frames) -> Outcome<()> {
        tokio::time::timeout(LIMIT, self.socket.send(frames))
            .await
            .map_err(|_| "zeromq could not send in time")?
    }
}

async fn play() -> Outcome<()> {
    let mut peer = Peer::open(settings(std::env::args().skip(1))?).await?;
    peer.run().await?;
    say("done");
    let _ = tokio::task::spawn_blocking(|| {
        while read_line().is_some_and(|line| line != "end") {}
    })
    .await;
    Ok(())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        say("zeromq (Rust) 0.7.0");
        return;
    }
    if let Err(problem) = play().await {
        say(&format!("problem {problem}"));
        std::process::exit(1);
    }
    // A thread may wait for standard input.
    std::process::exit(0);
}
