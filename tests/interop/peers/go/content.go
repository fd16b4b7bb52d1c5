package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// What content.hpp says of the messages.

const (
	topic      = "news/"
	otherTopic = "new"
	probe      = "news/probe"
)

type content struct {
	seed   uint64
	one    bool
	full   bool // no frame is empty
	prefix string
}

func mix(value uint64) uint64 {
	value += 0x9E3779B97F4A7C15
	value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9
	value = (value ^ (value >> 27)) * 0x94D049BB133111EB
	return value ^ (value >> 31)
}

func (c content) body(index, frame uint64) []byte {
	size := c.size(index, frame)
	whole := make([]byte, (size+7)/8*8)
	state := mix(mix(c.seed) + index*64 + frame)
	for offset := 0; offset < len(whole); offset += 8 {
		state = state*6364136223846793005 + 1442695040888963407
		binary.LittleEndian.PutUint64(whole[offset:], state)
	}
	return whole[:size]
}

func (c content) size(index, frame uint64) int {
	choice := mix(c.seed ^ mix(index*64+frame))
	if index%250 == 249 && frame == 0 {
		return 5000000
	}
	if choice%16 == 0 {
		return []int{65535, 65536}[(choice>>8)%2]
	}
	size := []int{0, 1, 255, 256}[(choice>>8)%4]
	if size == 0 && c.full {
		return 1
	}
	return size
}

func (c content) frameCount(index uint64) uint64 {
	if c.one {
		return 1
	}
	if index%15 == 5 {
		return 2 + index/15%63
	}
	return 2 + mix(c.seed+index)%3
}

func (c content) add(frames [][]byte, frame []byte) [][]byte {
	if c.one && len(frames) > 0 {
		last := len(frames) - 1
		frames[last] = append(frames[last], frame...)
		return frames
	}
	return append(frames, frame)
}

func (c content) message(index uint64) [][]byte {
	var frames [][]byte
	if c.prefix != "" {
		frames = [][]byte{[]byte(c.prefix)}
	}
	for frame := uint64(0); frame < c.frameCount(index); frame++ {
		frames = c.add(frames, c.body(index, frame))
	}
	return frames
}

func (c content) unwanted() [][]byte {
	return c.add([][]byte{[]byte(otherTopic)}, []byte(" is not wanted"))
}

func (c content) check(frames [][]byte, first int, index uint64) error {
	expected := c.message(index)
	if len(frames) != len(expected)+first {
		return fmt.Errorf("message %d: %d frames instead of %d", index, len(frames), len(expected)+first)
	}
	for place, frame := range expected {
		if !bytes.Equal(frames[first+place], frame) {
			return fmt.Errorf("message %d: frame %d has wrong bytes", index, place)
		}
	}
	return nil
}
