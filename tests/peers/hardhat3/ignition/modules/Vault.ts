// A coin, and a vault behind a proxy that holds some of it.
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

export default buildModule("Vault", (m) => {
  const owner = m.getAccount(0);
  const until = m.getParameter("until", 2n ** 40n);
  const coin = m.contract("Coin", [owner]);
  const implementation = m.contract("Vault", [], { id: "Implementation" });
  const call = m.encodeFunctionCall(implementation, "initialize", [coin, owner, until]);
  const proxy = m.contract("VaultProxy", [implementation, call]);
  const vault = m.contractAt("Vault", proxy, { id: "Behind" });
  m.call(coin, "mint", [vault, 1000n]);
  return { coin, vault };
});
