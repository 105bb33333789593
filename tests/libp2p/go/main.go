// A peer of go-libp2p that does what it is told: see ../PEERS.md.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"
)

const (
	echoProtocol = "/loft/echo/1.0.0"
	perfProtocol = "/perf/1.0.0"
	chunk        = 64 << 10
)

type command struct {
	ID                     json.RawMessage
	Do, Addr, Topic, Text  string
	Peer                   peer.ID
	Bytes, Up, Down, Count int
}

type result map[string]any

type message struct {
	Text string `json:"text"`
	From string `json:"from"`
	At   int64  `json:"at"`
}

type node struct {
	host.Host
	gossip *pubsub.PubSub
	lock   sync.Mutex
	topics map[string]*pubsub.Topic
	heard  map[string][]message
}

type list []string

func (l *list) String() string        { return fmt.Sprint(*l) }
func (l *list) Set(text string) error { *l = append(*l, text); return nil }

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func milliseconds(since time.Time) float64 { return float64(time.Since(since)) / 1e6 }

func serveEcho(stream network.Stream) {
	defer stream.Close()
	io.Copy(stream, stream)
}

// Eight bytes say how many the client wants back; then it sends its own.
func servePerf(stream network.Stream) {
	defer stream.Close()
	var head [8]byte
	if _, err := io.ReadFull(stream, head[:]); err != nil {
		return
	}
	io.Copy(io.Discard, stream)
	sendAll(stream, int(binary.BigEndian.Uint64(head[:])))
}

func sendAll(to io.Writer, count int) error {
	piece := make([]byte, chunk)
	for ; count > 0; count -= chunk {
		if _, err := to.Write(piece[:min(chunk, count)]); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) open(to peer.ID, name string) (network.Stream, error) {
	ctx := network.WithAllowLimitedConn(context.Background(), "told to")
	return n.NewStream(ctx, to, protocol.ID(name))
}

func (n *node) echo(c command) (result, error) {
	start := time.Now()
	stream, err := n.open(c.Peer, echoProtocol)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	pattern := make([]byte, chunk)
	rand.Read(pattern)
	go func() {
		for left := c.Bytes; left > 0; left -= chunk {
			if _, err := stream.Write(pattern[:min(chunk, left)]); err != nil {
				return
			}
		}
		stream.CloseWrite()
	}()
	back, total := make([]byte, chunk), 0
	for total < c.Bytes {
		want := min(chunk, c.Bytes-total)
		if _, err := io.ReadFull(stream, back[:want]); err != nil {
			return nil, fmt.Errorf("%d of %d bytes came back: %w", total, c.Bytes, err)
		}
		if string(back[:want]) != string(pattern[:want]) {
			return nil, errors.New("other bytes came back")
		}
		total += want
	}
	return result{"ms": milliseconds(start)}, nil
}

func (n *node) perf(c command) (result, error) {
	start := time.Now()
	stream, err := n.open(c.Peer, perfProtocol)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], uint64(c.Down))
	stream.Write(head[:])
	if err := sendAll(stream, c.Up); err != nil {
		return nil, err
	}
	stream.CloseWrite()
	back, err := io.Copy(io.Discard, stream)
	if err != nil || int(back) != c.Down {
		return nil, fmt.Errorf("%d of %d bytes came: %v", back, c.Down, err)
	}
	return result{"ms": milliseconds(start)}, nil
}

func (n *node) ping(c command) (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	times := []float64{}
	answers := ping.Ping(ctx, n.Host, c.Peer)
	for range max(c.Count, 1) {
		answer := <-answers
		if answer.Error != nil {
			return nil, answer.Error
		}
		times = append(times, float64(answer.RTT)/1e6)
	}
	return result{"ms": times}, nil
}

func (n *node) dial(c command) (result, error) {
	start := time.Now()
	info, err := peer.AddrInfoFromString(c.Addr)
	if err != nil {
		return nil, err
	}
	if err := n.Connect(context.Background(), *info); err != nil {
		return nil, err
	}
	return result{"peer": info.ID.String(), "ms": milliseconds(start)}, nil
}

func (n *node) identify(c command) (result, error) {
	for range 200 {
		protocols, _ := n.Peerstore().GetProtocols(c.Peer)
		agent, err := n.Peerstore().Get(c.Peer, "AgentVersion")
		if err == nil && len(protocols) > 0 {
			addrs := []string{}
			for _, addr := range n.Peerstore().Addrs(c.Peer) {
				addrs = append(addrs, addr.String())
			}
			return result{"agent": agent, "protocols": protocols, "addrs": addrs}, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, errors.New("it did not say who it is")
}

func (n *node) peers(command) (result, error) {
	names := []string{}
	for _, id := range n.Network().Peers() {
		names = append(names, id.String())
	}
	return result{"peers": names}, nil
}

func (n *node) hangup(c command) (result, error) { return nil, n.Network().ClosePeer(c.Peer) }

func (n *node) reserve(c command) (result, error) {
	info, err := peer.AddrInfoFromString(c.Addr)
	if err != nil {
		return nil, err
	}
	if _, err := client.Reserve(context.Background(), n.Host, *info); err != nil {
		return nil, err
	}
	return result{"addr": c.Addr + "/p2p-circuit/p2p/" + n.ID().String()}, nil
}

func (n *node) topic(name string) (*pubsub.Topic, error) {
	n.lock.Lock()
	defer n.lock.Unlock()
	if found := n.topics[name]; found != nil {
		return found, nil
	}
	made, err := n.gossip.Join(name)
	n.topics[name] = made
	return made, err
}

func (n *node) listen(name string, subscription *pubsub.Subscription) {
	for {
		got, err := subscription.Next(context.Background())
		if err != nil {
			return
		}
		if got.GetFrom() == n.ID() {
			continue
		}
		n.lock.Lock()
		n.heard[name] = append(n.heard[name], message{string(got.Data), got.GetFrom().String(), time.Now().UnixMilli()})
		n.lock.Unlock()
	}
}

func (n *node) subscribe(c command) (result, error) {
	topic, err := n.topic(c.Topic)
	if err != nil {
		return nil, err
	}
	subscription, err := topic.Subscribe()
	if err == nil {
		go n.listen(c.Topic, subscription)
	}
	return nil, err
}

func (n *node) publish(c command) (result, error) {
	topic, err := n.topic(c.Topic)
	if err != nil {
		return nil, err
	}
	return nil, topic.Publish(context.Background(), []byte(c.Text))
}

func (n *node) messages(c command) (result, error) {
	n.lock.Lock()
	defer n.lock.Unlock()
	return result{"messages": append([]message{}, n.heard[c.Topic]...)}, nil
}

func (n *node) stop(command) (result, error) {
	time.AfterFunc(10*time.Millisecond, func() { n.Close(); os.Exit(0) })
	return nil, nil
}

func (n *node) run(c command) (result, error) {
	does := map[string]func(command) (result, error){
		"dial": n.dial, "hangup": n.hangup, "peers": n.peers, "identify": n.identify, "ping": n.ping,
		"echo": n.echo, "perf": n.perf, "reserve": n.reserve, "subscribe": n.subscribe, "publish": n.publish,
		"heard": n.messages, "stop": n.stop,
	}
	do := does[c.Do]
	if do == nil {
		return nil, fmt.Errorf("no command %q", c.Do)
	}
	return do(c)
}

func start() *node {
	var listen list
	key := flag.String("key", "ed25519", "ed25519 or secp256k1")
	isRelay := flag.Bool("relay", false, "relay for others")
	gossips := flag.Bool("gossip", false, "run gossipsub")
	flag.Var(&listen, "listen", "an address to listen at")
	flag.Parse()
	kind := crypto.Ed25519
	if *key == "secp256k1" {
		kind = crypto.Secp256k1
	}
	private, _, err := crypto.GenerateKeyPair(kind, 0)
	must(err)
	made, err := libp2p.New(libp2p.Identity(private), libp2p.ListenAddrStrings(listen...), libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New), libp2p.Muxer(yamux.ID, yamux.DefaultTransport), libp2p.ResourceManager(&network.NullResourceManager{}),
		libp2p.ForceReachabilityPublic(), libp2p.UserAgent("go-libp2p"))
	must(err)
	n := &node{Host: made, topics: map[string]*pubsub.Topic{}, heard: map[string][]message{}}
	n.SetStreamHandler(echoProtocol, serveEcho)
	n.SetStreamHandler(perfProtocol, servePerf)
	if *isRelay {
		_, err = relay.New(made, relay.WithInfiniteLimits())
		must(err)
	}
	if *gossips {
		n.gossip, err = pubsub.NewGossipSub(context.Background(), made)
		must(err)
	}
	return n
}

func main() {
	n := start()
	var lock sync.Mutex
	say := func(line any) {
		text, _ := json.Marshal(line)
		lock.Lock()
		defer lock.Unlock()
		os.Stdout.Write(append(text, '\n'))
	}
	addrs := append([]multiaddr.Multiaddr{}, n.Addrs()...)
	say(result{"peer": n.ID().String(), "addrs": addrs})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		must(json.Unmarshal(lines.Bytes(), &c))
		go func() {
			answer, err := n.run(c)
			if answer == nil {
				answer = result{}
			}
			answer["id"] = c.ID
			if err != nil {
				answer["error"] = err.Error()
			}
			say(answer)
		}()
	}
}
