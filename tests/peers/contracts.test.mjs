import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

import { root } from "./lib/node.mjs";

test("the committed artifacts are what the sources compile to", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "contracts/compile.mjs"), "--check"], { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
});
