//! What content.hpp says of the messages.

pub const TOPIC: &str = "news/";
pub const OTHER_TOPIC: &str = "new";
pub const PROBE: &str = "news/probe";

pub type Frames = Vec<Vec<u8>>;

pub struct Content {
    pub seed: u64,
    pub one: bool,
    pub without_empty: bool,
    pub prefix: String,
}

fn mix(given: u64) -> u64 {
    let mut value = given.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

impl Content {
    fn size(&self, index: u64, frame: u64) -> usize {
        if index % 250 == 249 && frame == 0 {
            return 5_000_000;
        }
        let choice = mix(self.seed ^ mix(index * 64 + frame));
        let place = (choice >> 8) as usize;
        if choice % 16 == 0 {
            return [65535, 65536][place % 2];
        }
        match [0, 1, 255, 256][place % 4] {
            0 if self.without_empty => 1,
            size => size,
        }
    }

    fn body(&self, index: u64, frame: u64) -> Vec<u8> {
        let size = self.size(index, frame);
        let mut bytes = Vec::with_capacity(size + 8);
        let mut state = mix(mix(self.seed)
            .wrapping_add(index * 64)
            .wrapping_add(frame));
        while bytes.len() < size {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes.truncate(size);
        bytes
    }

    fn frame_count(&self, index: u64) -> u64 {
        if self.one {
            1
        } else if index % 15 == 5 {
            2 + index / 15 % 63
        } else {
            2 + mix(self.seed.wrapping_add(index)) % 3
        }
    }

    fn add(&self, frames: &mut Frames, frame: Vec<u8>) {
        match frames.last_mut() {
            Some(last) if self.one => last.extend(frame),
            _ => frames.push(frame),
        }
    }

    pub fn message(&self, index: u64) -> Frames {
        let mut frames = Frames::new();
        if !self.prefix.is_empty() {
            frames.push(self.prefix.clone().into_bytes());
        }
        for frame in 0..self.frame_count(index) {
            self.add(&mut frames, self.body(index, frame));
        }
        frames
    }

    pub fn unwanted(&self) -> Frames {
        let mut frames = vec![OTHER_TOPIC.into()];
        self.add(&mut frames, b" is not wanted".to_vec());
        frames
    }

    pub fn check(&self, frames: &Frames, first: usize, index: u64) -> Result<(), String> {
        let expected = self.message(index);
        if frames.len() != expected.len() + first {
            return Err(format!(
                "message {index}: {} frames instead of {}",
                frames.len(),
                expected.len() + first
            ));
        }
        match frames[first..].iter().zip(&expected).position(|(is, should)| is != should) {
            Some(place) => Err(format!("message {index}: frame {place} has wrong bytes")),
            None => Ok(()),
        }
    }
}
