// Small hooks that several pages use.
import { useEffect, useState } from "../vendor/preact/standalone.module.js";
import { live } from "./live.js";

// Runs `load` when something it depends on changes and when the daemon has
// come back: {value, error, loading}. What comes too late is dropped; the old
// value stays until the new one is there.
export function useLoad(load, depends) {
  const [result, set] = useState({ value: undefined, error: null, loading: true });
  useEffect(() => {
    let current = true;
    set((before) => ({ ...before, loading: true }));
    load().then(
      (value) => current && set({ value, error: null, loading: false }),
      (error) => current && set((before) => ({ value: before.value, error, loading: false })),
    );
    return () => { current = false; };
  }, [...depends, live.epoch]);
  return result;
}

// A value that outlives the page, as JSON in the browser's storage.
export function read(key, initial) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? initial;
  } catch {
    return initial;
  }
}

export function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

// Once a second for all that says how long ago something was: one timer.
const watching = new Set();
let ticking = 0;

export function useClock() {
  const [, set] = useState(0);
  useEffect(() => {
    watching.add(set);
    ticking ||= setInterval(() => watching.forEach((redraw) => redraw(Date.now())), 1000);
    return () => {
      watching.delete(set);
      if (watching.size) return;
      clearInterval(ticking);
      ticking = 0;
    };
  }, []);
}
