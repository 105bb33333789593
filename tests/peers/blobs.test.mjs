// Transactions with blobs, as viem and cast send them and in the form that has a
// proof a cell: what is proven is mined, what is not is refused.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { loadKZG } from "kzg-wasm";
import { defineKzg, fromRlp, hexToBytes, parseGwei, stringToHex, toBlobs, toHex, toRlp } from "viem";

import { clients } from "./lib/dapp.mjs";
import { cast, KEYS, PEER, startNode } from "./lib/node.mjs";

let node, wasm, kzg, reader, alice;

before(async () => {
  wasm = await loadKZG();
  // viem's interface is in bytes, the library's in hexadecimal.
  kzg = defineKzg({
    blobToKzgCommitment: (blob) => hexToBytes(wasm.blobToKZGCommitment(toHex(blob))),
    computeBlobKzgProof: (blob, commitment) => hexToBytes(wasm.computeBlobKZGProof(toHex(blob), toHex(commitment))),
  });
  node = await startNode();
  ({ reader, wallets: [alice] } = clients(node));
});
after(() => node?.stop());

const text = (bytes) => stringToHex("A blob of Loft. ".repeat(bytes / 16));
const request = (blobs) => ({ blobs, kzg, to: alice.account.address, maxFeePerBlobGas: parseGwei("30"), type: "eip4844" });

async function signed(bytes) {
  const blobs = toBlobs({ data: text(bytes) });
  return { blobs, raw: await alice.signTransaction(await alice.prepareTransactionRequest(request(blobs))) };
}

// [transaction, blobs, commitments, proofs] of the form that travels.
const parts = (raw) => fromRlp(`0x${raw.slice(4)}`, "hex");
const joined = (list) => `0x03${toRlp(list, "hex").slice(2)}`;

test("viem sends blobs, and they are known by hash", async () => {
  const blobs = toBlobs({ data: text(1600) });
  const hash = await alice.sendTransaction(request(blobs));
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.deepEqual([receipt.status, receipt.type, receipt.blobGasUsed], ["success", "eip4844", 131_072n]);
  const { blobVersionedHashes } = await reader.getTransaction({ hash });
  assert.deepEqual(await node.rpc("anvil_getBlobsByTransactionHash", hash), blobs);
  assert.equal(await node.rpc("anvil_getBlobByHash", blobVersionedHashes[0]), blobs[0]);
  assert.equal(await node.rpc("anvil_getBlobByHash", receipt.blockHash), null);
});

test("a proof a cell is as good", { skip: PEER !== "loftd" }, async () => {
  const { blobs, raw } = await signed(1600);
  const [transaction, , commitments] = parts(raw);
  const proofs = blobs.flatMap((blob) => wasm.computeCellsAndKZGProofs(blob).proofs);
  assert.equal(proofs.length, 128);
  const swapped = [...proofs.slice(0, 72), proofs[73], ...proofs.slice(73)];
  await assert.rejects(node.rpc("eth_sendRawTransaction", joined([transaction, "0x01", blobs, commitments, swapped])), /blob 0: the proofs/);
  const hash = await node.rpc("eth_sendRawTransaction", joined([transaction, "0x01", blobs, commitments, proofs]));
  assert.equal((await reader.waitForTransactionReceipt({ hash })).status, "success");
});

test("cast sends blobs in both forms", { skip: PEER !== "loftd" }, async () => {
  const path = join(node.dir, "blob");
  writeFileSync(path, "A blob of Loft. ".repeat(100));
  for (const form of [[], ["--eip4844"]]) {
    const command = ["send", "--rpc-url", node.url, "--private-key", KEYS[1], "--blob", ...form, "--path", path, "--json", alice.account.address];
    const { status, type, blobGasUsed } = JSON.parse((await promisify(execFile)(cast, command)).stdout);
    assert.deepEqual([status, type, blobGasUsed], ["0x1", "0x3", "0x20000"]);
  }
});

test("what is not proven is refused, and not taken", async () => {
  const { raw } = await signed(1600);
  const [transaction, blobs, commitments, proofs] = parts(raw);
  const other = `${blobs[0].slice(0, -2)}01`;
  for (const wrong of [
    [transaction, [other], commitments, proofs],
    [transaction, blobs, commitments, commitments],
    [transaction, blobs, proofs, proofs],
  ])
    await assert.rejects(node.rpc("eth_sendRawTransaction", joined(wrong)));
  assert.equal((await node.rpc("txpool_status")).pending, "0x0");
  await assert.rejects(node.rpc("eth_sendRawTransaction", joined(transaction)), /sidecar/);
  await reader.waitForTransactionReceipt({ hash: await node.rpc("eth_sendRawTransaction", raw) });
});
