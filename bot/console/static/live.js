// One stream for all open pages of an officer: a browser allows six connections to a host, and a
// desk has more tabs than that. Runs as a shared worker; where there is none, inside the page.
(() => {
  "use strict";
  const SILENT = 12000; // the server beats every 5 s
  const listeners = new Set();
  let source = null, heard = 0, state = "wait";

  function tell(message) { for (const each of listeners) each(message); }

  function become(next) {
    if (state === next) return;
    state = next;
    tell({ kind: "state", state });
  }

  function open() {
    if (source) source.close();
    source = new EventSource("/events");
    heard = Date.now();
    for (const name of ["look", "case", "beat", "ended"]) {
      source.addEventListener(name, (event) => {
        heard = Date.now();
        if (name === "ended") { source.close(); tell({ kind: "ended" }); return; }
        become("live");
        if (name !== "beat") tell({ kind: name, ...JSON.parse(event.data) });
      });
    }
    source.onerror = () => {
      become("lost");
      if (source.readyState === EventSource.CLOSED) check();
    };
  }

  async function check() { // refused, not lost: the session may have ended
    try {
      const answer = await fetch("/alive", { headers: { "hx-request": "true" } });
      if (answer.status === 401) { tell({ kind: "ended" }); return; }
    } catch { /* the server is away: try again */ }
    setTimeout(open, 2000);
  }

  setInterval(() => {
    if (source && Date.now() - heard > SILENT && source.readyState !== EventSource.CLOSED) {
      become("lost");
      open();
    }
  }, 2000);

  function join(listener) {
    listeners.add(listener);
    listener({ kind: "state", state });
    if (!source) open();
    return () => listeners.delete(listener);
  }

  if (typeof window === "undefined") {
    self.onconnect = (event) => {
      const port = event.ports[0];
      const leave = join((message) => port.postMessage(message));
      port.onmessage = (said) => { if (said.data === "bye") leave(); };
    };
  } else {
    window.joinLive = join;
  }
})();
