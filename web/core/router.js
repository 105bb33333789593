// The address bar's part behind the #: "#/block/12?tab=logs".
import { useEffect, useState } from "../vendor/preact/standalone.module.js";

function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decode);
  return { page: parts[0] ?? "overview", parts: parts.slice(1), query: new URLSearchParams(query), key: location.hash };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function href(...parts) {
  return `#/${parts.map((part) => encodeURIComponent(String(part))).join("/")}`;
}

export function go(...parts) {
  location.hash = href(...parts);
}

export function useRoute() {
  const [route, set] = useState(read);
  useEffect(() => {
    const listener = () => set(read());
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, []);
  return route;
}
