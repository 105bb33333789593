// The node among its peers: who it is, who is connected, and who may not be.
import { html, useEffect, useState } from "../vendor/preact/standalone.module.js";
import { Badge, Card, Copy, Empty, Fact, Facts, Head, Problem, Waiting } from "../parts/basic.js";
import { Icon } from "../parts/icons.js";
import { batch, call, RpcError } from "../core/rpc.js";
import { useLoad } from "../core/hooks.js";
import { byteSize, dateTime, digits, number, short, span, visible } from "../core/format.js";

const LOOK_MS = 2000;
const SHOWN_MAX = 200;

async function loadPeers() {
  const [self, peers, bans] = await batch([["loft_peerId"], ["loft_peers"], ["loft_peerBans"]]);
  if (self instanceof RpcError) return { none: self };
  if (peers instanceof RpcError) throw peers;
  return { self, peers, bans: bans instanceof RpcError ? [] : bans };
}

// Peers come and go without a block: looked at while the page is seen.
function useTurns() {
  const [turn, set] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || set((n) => n + 1), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return [turn, () => set((n) => n + 1)];
}

const Id = ({ of }) => html`<span class="hash"><span class="hex" title=${of}>${short(of, 8, 6)}</span><${Copy} text=${of}
  what="peer id" /></span>`;

const Place = ({ of }) => html`<span class="hash is-full"><span class="hex">${visible(of)}</span><${Copy} text=${of} what="address" /></span>`;

function Self({ self }) {
  return html`<${Card} title="This node">
    <${Facts}>
      <${Fact} name="Peer id"><span class="hash is-full"><span class="hex" data-testid="peer-id">${self.id}</span><${Copy} text=${self.id}
        what="peer id" /></span><//>
      <${Fact} name="Reached at">${self.addresses.length
        ? html`<ul>${self.addresses.map((address) => html`<li key=${address}><${Place} of=${address} /></li>`)}</ul>`
        : html`<span class="note">Nowhere: it connects to others, and none to it. <code>loftd --listen /ip4/0.0.0.0/tcp/4001</code> lets them.</span>`}<//>
    <//><//>`;
}

function Connect({ done }) {
  const [state, set] = useState({});
  const submit = (event) => {
    event.preventDefault();
    const form = event.target;
    const address = new FormData(form).get("address").trim();
    if (!address) return;
    set({ busy: true });
    call("loft_peerConnect", address).then((peer) => {
      form.reset();
      set({ to: peer.id });
      done();
    }, (error) => set({ error }));
  };
  return html`<${Card} title="Connect to a peer">
    <form class="inline-form grows peer-form" onSubmit=${submit}><label for="peer-address">Address</label>
      <input id="peer-address" name="address" class="hex" placeholder="/ip4/192.0.2.1/tcp/4001/p2p/…" autocomplete="off" spellcheck=${false} />
      <button type="submit" class="primary" disabled=${state.busy}>${state.busy ? "Connecting…" : "Connect"}</button></form>
    ${state.error && html`<${Problem} error=${state.error} title="Not connected." />`}
    <p role="status" class="good-text">${state.to ? `Connected to ${short(state.to, 8, 6)}` : ""}</p><//>`;
}

const roundTrip = (peer) => (peer.roundTripMicroseconds === null ? html`<span class="faint">not yet</span>`
  : html`${(number(peer.roundTripMicroseconds) / 1000).toFixed(2)} <span class="unit">ms</span>`);

const Traffic = ({ peer }) => html`<span class="traffic"><span title="received" aria-label="received">↓ ${byteSize(number(peer.bytesIn))}</span>
  <span title="sent" aria-label="sent">↑ ${byteSize(number(peer.bytesOut))}</span></span>`;

function Peer({ peer, act, busy }) {
  const name = short(peer.id, 8, 6);
  return html`<li class="peer" data-testid="peer">
    <div class="peer-head"><span class="peer-name"><${Icon} name="peers" size=${16} /><${Id} of=${peer.id} /></span>
      <${Badge} kind=${peer.direction === "out" ? "accent" : ""} title=${peer.direction === "out" ? "we connected to it" : "it connected to us"}>${
        peer.direction === "out" ? "outgoing" : "incoming"}<//>
      ${peer.address.includes("/p2p-circuit") && html`<${Badge} kind="warn" title="through a relay">relayed<//>`}
      <span class="push"></span>
      <span class="buttons"><button type="button" disabled=${busy} aria-label=${`Disconnect ${name}`} onClick=${() => act("loft_peerDisconnect", peer.id)}>Disconnect</button>
        <button type="button" disabled=${busy} aria-label=${`Ban ${name}`} onClick=${() => act("loft_peerBan", peer.id, "0x0", "in the console")}>Ban</button></span></div>
    <dl class="peer-facts">
      <div><dt>Agent</dt><dd>${visible(peer.agent) || html`<span class="faint">unknown</span>`}</dd></div>
      <div class="wide"><dt>Address</dt><dd class="hex wrap">${visible(peer.address)}</dd></div>
      <div><dt>Round trip</dt><dd class="num">${roundTrip(peer)}</dd></div>
      <div><dt>Streams</dt><dd class="num">${digits(number(peer.streamsIn) + number(peer.streamsOut))}</dd></div>
      <div><dt>Traffic</dt><dd class="num"><${Traffic} peer=${peer} /></dd></div>
      <div><dt>Connected</dt><dd class="num">${span(number(peer.connectedSeconds))}</dd></div>
    </dl></li>`;
}

function List({ peers, act, busy }) {
  const shown = peers.slice(0, SHOWN_MAX);
  return html`<${Card} title="Connected" aside=${html`<span class="faint num">${digits(peers.length)}</span>`}>
    ${shown.length ? html`<ul class="peers">${shown.map((peer) => html`<${Peer} key=${peer.id} peer=${peer} act=${act} busy=${busy} />`)}</ul>
      ${shown.length < peers.length && html`<p class="note">and ${digits(peers.length - shown.length)} more</p>`}`
      : html`<${Empty} title="No peer is connected" icon="peers"><p>Connect to one above, or start loftd with <code>--peer</code> and its address.</p><//>`}<//>`;
}

const Bans = ({ bans, act, busy }) => html`<${Card} title="Banned" aside=${html`<span class="faint num">${digits(bans.length)}</span>`}>
  <ul class="peers">${bans.map((ban) => html`<li class="peer" key=${ban.id} data-testid="ban"><div class="peer-head"><${Id} of=${ban.id} />
    <span class="note">${visible(ban.why)}</span><span class="faint">${ban.until === null ? "for good" : `until ${dateTime(number(ban.until))}`}</span>
    <span class="push"></span><button type="button" disabled=${busy} aria-label=${`Lift the ban of ${short(ban.id, 8, 6)}`}
      onClick=${() => act("loft_peerUnban", ban.id)}>Lift</button></div></li>`)}</ul><//>`;

const Alone = ({ error }) => html`<div class="card"><${Empty} title="This node is on its own" icon="peers">
  <p>${visible(error.message)}</p><//></div>`;

export function Peers() {
  const [turn, again] = useTurns();
  const { value, error } = useLoad(loadPeers, [turn]);
  const [action, set] = useState({});
  const act = (...what) => {
    set({ busy: true });
    call(...what).then(() => { set({}); again(); }, (failure) => set({ error: failure }));
  };
  const over = value?.peers ? `${digits(value.peers.length)} connected` : "Network";
  return html`<${Head} title="Peers" over=${over} />
    ${error && html`<${Problem} error=${error} />`}
    ${!value && !error && html`<div class="card"><${Waiting} rows=${4} /></div>`}
    ${value?.none && html`<${Alone} error=${value.none} />`}
    ${action.error && html`<${Problem} error=${action.error} />`}
    ${value?.self && html`<${Self} self=${value.self} /><${Connect} done=${again} />
      <${List} peers=${value.peers} act=${act} busy=${action.busy} />
      ${value.bans.length > 0 && html`<${Bans} bans=${value.bans} act=${act} busy=${action.busy} />`}`}`;
}
