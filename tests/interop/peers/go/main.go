// What interop_peer.cpp does, with zmq4 in Go.
//
// Its PUB and XPUB tell the program which topics are wanted instead of giving an XPUB messages; so both begin
// when the topic is wanted, and end when it no longer is. Its Close does not wait until everything has left; so
// after "done" the process lives until it is told "end".
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-zeromq/zmq4"
)

const limit = 30 * time.Second

var kinds = map[string]func(context.Context, ...zmq4.Option) zmq4.Socket{
	"dealer": zmq4.NewDealer, "pair": zmq4.NewPair, "pub": zmq4.NewPub, "pull": zmq4.NewPull,
	"push": zmq4.NewPush, "rep": zmq4.NewRep, "req": zmq4.NewReq, "router": zmq4.NewRouter,
	"sub": zmq4.NewSub, "xpub": zmq4.NewXPub, "xsub": zmq4.NewXSub,
}

type peer struct {
	kind      string
	bind      string
	connect   string
	other     string
	delimiter bool
	count     uint64
	window    uint64
	content   content
	socket    zmq4.Socket
	watchdog  *time.Timer
}

func say(line string) {
	fmt.Println(line)
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		say("zmq4 (Go) " + version())
		return
	}
	if err := run(os.Args[1:]); err != nil {
		say("problem " + err.Error())
		os.Exit(1)
	}
	say("done")
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() && input.Text() != "end" {
	}
}

func version() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if strings.HasSuffix(module.Path, "/zmq4") {
				return module.Version
			}
		}
	}
	return "of unknown version"
}

func run(arguments []string) error {
	if len(arguments) < 2 {
		return errors.New("type and tasks are missing")
	}
	p := peer{kind: arguments[0]}
	tasks := strings.Split(arguments[1], ",")
	flags := flag.NewFlagSet("interop-peer", flag.ContinueOnError)
	flags.StringVar(&p.bind, "bind", "", "")
	flags.StringVar(&p.connect, "connect", "", "")
	identity := flags.String("identity", "", "")
	flags.StringVar(&p.other, "peer", "", "")
	flags.BoolVar(&p.delimiter, "delimiter", false, "")
	flags.Uint64Var(&p.count, "count", 1000, "")
	flags.Uint64Var(&p.window, "window", 8, "")
	flags.Uint64Var(&p.content.seed, "seed", 1, "")
	flags.BoolVar(&p.content.full, "without-empty", false, "")
	parts := flags.String("parts", "many", "")
	if err := flags.Parse(arguments[2:]); err != nil {
		return err
	}
	p.content.one = *parts == "one"
	if tasks[0] == "publish" || tasks[0] == "subscribe" {
		p.content.prefix = topic
	}
	p.watchdog = time.AfterFunc(limit, func() {
		say("problem zmq4 did nothing for 30 s")
		os.Exit(1)
	})

	options := []zmq4.Option{zmq4.WithLogger(log.New(io.Discard, "", 0))}
	if *identity != "" {
		options = append(options, zmq4.WithID(zmq4.SocketIdentity(*identity)))
	}
	p.socket = kinds[p.kind](context.Background(), options...)
	if err := p.open(tasks[0]); err != nil {
		return err
	}
	for _, task := range tasks {
		if err := p.run(task); err != nil {
			return err
		}
	}
	p.watchdog.Stop()
	return nil
}

func (p *peer) open(task string) error {
	if p.kind == "sub" && task == "subscribe" {
		if err := p.socket.SetOption(zmq4.OptionSubscribe, topic); err != nil {
			return err
		}
	}
	if p.bind != "" {
		if err := p.socket.Listen(strings.Replace(p.bind, ":*", ":0", 1)); err != nil {
			return err
		}
		say("bound tcp://" + p.socket.Addr().String())
	} else if err := p.socket.Dial(p.connect); err != nil && task != "stand" {
		return err
	}
	if p.kind == "xsub" && task == "subscribe" {
		return p.change("\x01")
	}
	return nil
}

func (p *peer) run(task string) error {
	switch task {
	case "send":
		for index := uint64(0); index < p.count; index++ {
			if err := p.send(p.content.message(index)); err != nil {
				return err
			}
		}
	case "receive", "echo":
		for index := uint64(0); index < p.count; index++ {
			frames, err := p.receiveChecked(index)
			if err != nil {
				return err
			}
			if task == "receive" {
				continue
			}
			if err := p.send(frames); err != nil {
				return err
			}
		}
	case "ask":
		return p.ask()
	case "publish":
		return p.publish()
	case "subscribe":
		return p.subscribe()
	case "stand":
		_, err := bufio.NewReader(os.Stdin).ReadString('\n')
		return err
	default:
		return fmt.Errorf("unknown task %s", task)
	}
	return nil
}

func (p *peer) ask() error {
	sent := uint64(0)
	for received := uint64(0); received < p.count; {
		if sent < p.count && sent-received < p.window {
			frames := p.content.message(sent)
			sent++
			if p.delimiter {
				frames = append([][]byte{{}}, frames...)
			}
			if p.kind == "router" {
				frames = append([][]byte{[]byte(p.other)}, frames...)
			}
			if err := p.send(frames); err != nil {
				return err
			}
			continue
		}
		if _, err := p.receiveChecked(received); err != nil {
			return err
		}
		received++
	}
	return nil
}

// Waits until the topic is wanted, or no longer is.
func (p *peer) awaitTopic(wanted bool) {
	topics := p.socket.(zmq4.Topics)
	for (len(topics.Topics()) == 1 && topics.Topics()[0] == topic) != wanted {
		time.Sleep(time.Millisecond)
	}
}

func (p *peer) publish() error {
	p.awaitTopic(true)
	if p.kind == "pub" {
		if err := p.send([][]byte{[]byte(probe)}); err != nil {
			return err
		}
	}
	for index := uint64(0); index < p.count; index++ {
		if err := p.send(p.content.message(index)); err != nil {
			return err
		}
		if err := p.send(p.content.unwanted()); err != nil {
			return err
		}
	}
	p.awaitTopic(false)
	return nil
}

func (p *peer) subscribe() error {
	for index := uint64(0); index < p.count; {
		frames, err := p.receive()
		if err != nil {
			return err
		}
		if len(frames) == 1 && string(frames[0]) == probe {
			continue
		}
		if err := p.content.check(frames, 0, index); err != nil {
			return err
		}
		index++
	}
	// Fails when the publisher, who has said everything, was quicker to end.
	if p.kind == "xsub" {
		_ = p.change("\x00")
	} else {
		_ = p.socket.SetOption(zmq4.OptionUnsubscribe, topic)
	}
	return nil
}

func (p *peer) change(first string) error {
	return p.send([][]byte{[]byte(first + topic)})
}

func (p *peer) receiveChecked(index uint64) ([][]byte, error) {
	frames, err := p.receive()
	if err != nil {
		return nil, err
	}
	envelope := 0
	if p.kind == "router" {
		envelope++
	}
	if p.delimiter {
		envelope++
	}
	if err := p.content.check(frames, envelope, index); err != nil {
		return nil, err
	}
	if p.delimiter && len(frames[envelope-1]) != 0 {
		return nil, errors.New("the frame before the content is not empty")
	}
	if p.kind == "router" && string(frames[0]) != p.other {
		return nil, fmt.Errorf("the identity is not '%s'", p.other)
	}
	return frames, nil
}

// A REQ without a connection fails at once instead of waiting for one.
func (p *peer) send(frames [][]byte) error {
	p.watchdog.Reset(limit)
	for {
		err := p.socket.SendMulti(zmq4.NewMsgFrom(frames...))
		if err == nil || p.kind != "req" || !strings.Contains(err.Error(), "no connections available") {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

func (p *peer) receive() ([][]byte, error) {
	p.watchdog.Reset(limit)
	message, err := p.socket.Recv()
	return message.Frames, err
}
