// What the console does in the browser: keep the page true, count the seconds, raise the alarm.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const body = document.body;
  const words = body.dataset;
  const offset = words.now ? Date.parse(words.now) - Date.now() : 0;
  const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const store = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window */ } };

  // -- seconds ------------------------------------------------------------------------------
  function span(ms) {
    const s = Math.max(0, Math.floor(ms / 1000));
    const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60, two = (n) => String(n).padStart(2, "0");
    if (h >= 48) return `${Math.floor(h / 24)} ${words.days}`;
    return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
  }
  function tick() {
    const now = Date.now() + offset;
    for (const each of $$("[data-since]")) {
      const age = now - Date.parse(each.dataset.since);
      each.textContent = span(age);
      if (each.dataset.lateAfter) each.parentElement.toggleAttribute("data-late", age > each.dataset.lateAfter * 1000);
    }
    for (const each of $$("[data-until]")) {
      const left = Date.parse(each.dataset.until) - now;
      each.textContent = left > 0 ? span(left) : each.dataset.over;
      each.parentElement.toggleAttribute("data-over", left <= 0);
      const meter = $("progress", each.closest("[data-countdown]") || each);
      if (meter) meter.value = Math.max(0, left / 1000);
    }
  }
  setInterval(tick, 1000);

  // -- keep a part of the page true without taking the reader's place in it -------------------
  function reconcile(list, fresh) {
    const old = new Map([...list.children].map((each) => [each.id, each]));
    const first = !list.hasAttribute("data-filled");
    [...fresh.children].forEach((want, index) => {
      let have = old.get(want.id);
      old.delete(want.id);
      if (!have || have.dataset.version !== want.dataset.version) {
        const made = document.importNode(want, true);
        const focused = have && have.contains(document.activeElement) ? document.activeElement.id : "";
        const seen = have && $("img", have), again = $("img", made);
        if (seen && again && seen.src === again.src) again.replaceWith(seen); // it is loaded
        if (have) have.replaceWith(made); else if (!first) made.classList.add("new");
        htmx.process(made);
        have = made;
        if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
      }
      if (list.children[index] !== have) list.insertBefore(have, list.children[index] || null);
    });
    for (const gone of old.values()) gone.remove();
    list.setAttribute("data-filled", "");
  }
  function renew(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const part of $$("[data-part]", fresh)) {
      const mine = document.getElementById(part.id);
      if (!mine || mine.dataset.version === part.dataset.version) continue;
      const low = mine.id === "timeline" && nearBottom();
      const list = $("[data-list]", mine), wanted = $("[data-list]", part);
      if (list && wanted) {
        reconcile(list, wanted);
        for (const each of $$("[data-copy]", part)) {
          const here = $(`[data-copy="${each.dataset.copy}"]`, mine);
          if (here) { here.replaceWith(document.importNode(each, true)); }
        }
        mine.dataset.version = part.dataset.version;
      } else if (!(mine.contains(document.activeElement) && $("details[open]", mine) && "keep" in mine.dataset)) {
        const made = document.importNode(part, true), busy = document.activeElement;
        const written = $$("textarea, input[type=file], #chosen", mine)
          .map((each) => [each, $(`#${each.id}`, made)]).filter((pair) => pair[1]);
        mine.replaceWith(made);
        for (const [old, fresh] of written) fresh.replaceWith(old); // nobody writes a thing twice
        if (busy.isConnected) busy.focus();
        htmx.process(made);
      }
      if (low) window.scrollTo({ top: document.documentElement.scrollHeight });
    }
    tick();
    title();
  }
  const nearBottom = () =>
    window.innerHeight + window.scrollY > document.documentElement.scrollHeight - 160;

  let fetching = false, again = false;
  async function refresh() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      do {
        again = false;
        const source = $("[data-refresh]");
        const answer = await fetch(source ? source.dataset.refresh : "/alive", { headers: { "hx-request": "true", "x-visible": document.visibilityState } });
        if (answer.status === 401) { location.assign("/sign-in?why=session_ended"); return; }
        if (answer.status === 404) { location.reload(); return; }
        if (!answer.ok) break;
        if (source) renew(await answer.text());
        waiting(Number(answer.headers.get("x-waiting") || 0));
      } while (again);
    } catch { /* the stream says when the connection is back, and then everything is fetched anew */ }
    finally { fetching = false; }
  }

  // -- how many wait: in the title, in the navigation ------------------------------------------
  const plain = document.title;
  let count = Number(words.waiting || 0);
  function waiting(n) { count = n; title(); }
  function title() {
    document.title = count ? `(${count}) ${plain}` : plain;
    const badge = $("#nav-waiting");
    if (badge) { badge.textContent = count; badge.hidden = !count; }
  }
  title();

  // -- sound: two notes, made here; a browser wants a press before the first ---------------------
  let audio = null;
  const loud = () => stored("fanzha-sound") !== "off";
  function ready() {
    if (!audio && loud()) { try { audio = new AudioContext(); } catch { return; } }
    if (audio && audio.state === "suspended") audio.resume();
    showSound();
  }
  function ring(code) {
    const last = (stored("fanzha-rang") || "").split(" ");
    if (last[0] === code && Date.now() - last[1] < 3000) return; // another tab of ours rang
    store("fanzha-rang", `${code} ${Date.now()}`);
    words.rang = code;
    play();
  }
  function play() {
    if (!loud() || !audio || audio.state !== "running") return;
    [[880, 0], [1174, 0.18], [880, 0.5], [1174, 0.68]].forEach(([hz, at]) => {
      const tone = audio.createOscillator(), gain = audio.createGain(), t = audio.currentTime + at;
      tone.type = "triangle"; tone.frequency.value = hz;
      gain.gain.setValueAtTime(0.0001, t);
      gain.gain.exponentialRampToValueAtTime(0.35, t + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, t + 0.17);
      tone.connect(gain).connect(audio.destination);
      tone.start(t); tone.stop(t + 0.2);
    });
  }
  function showSound() {
    const button = $("#sound");
    if (!button) return;
    const state = !loud() ? "off" : audio && audio.state === "running" ? "on" : "ask";
    button.dataset.sound = state;
    button.setAttribute("aria-pressed", String(loud()));
    for (const each of $$("[data-when]", button)) each.hidden = each.dataset.when !== state;
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#sound");
    if (button) store("fanzha-sound", button.dataset.sound === "on" ? "off" : "on");
    ready();
    if (button && loud()) setTimeout(() => { showSound(); play(); }, 120);
  });
  document.addEventListener("keydown", ready, { once: true });
  showSound();

  // -- the stream --------------------------------------------------------------------------------
  let lostTimer = 0, seen = false;
  function connection(state) {
    const pill = $("#state"), banner = $("#lost");
    if (!pill) return;
    pill.dataset.state = state;
    pill.textContent = words[{ live: "live", lost: "lostShort", wait: "wait" }[state]];
    clearTimeout(lostTimer);
    if (state === "lost") lostTimer = setTimeout(() => { banner.hidden = false; }, 1500);
    if (state === "live") {
      if (!banner.hidden) say(words.backAgain);
      banner.hidden = true;
    }
  }
  function hear(message) {
    if (message.kind === "state") connection(message.state);
    if (message.kind === "ended") location.assign("/sign-in?why=session_ended");
    if (message.kind === "look") { if (seen) refresh(); seen = true; }
    if (message.kind === "case") {
      const here = $("[data-case]");
      if (!here || here.dataset.case === message.code) refresh();
      else fetch("/alive", { headers: { "hx-request": "true" } })
        .then((answer) => { if (answer.ok) waiting(Number(answer.headers.get("x-waiting"))); }).catch(() => {});
      if (message.opened) {
        say(words[message.urgent ? "newUrgent" : "newPerson"].replace("{case}", message.code), !$("#queue"));
        if (message.urgent) ring(message.code);
      }
    }
  }
  if (words.stream) {
    if (typeof SharedWorker !== "undefined") {
      const worker = new SharedWorker(words.stream, `desk-${words.tab}`);
      worker.port.onmessage = (event) => hear(event.data);
      worker.port.start();
      addEventListener("pagehide", () => worker.port.postMessage("bye"));
      addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    } else {
      const script = document.createElement("script");
      script.src = words.stream;
      script.onload = () => window.joinLive(hear);
      document.head.append(script);
    }
    seen = true; // what was rendered may be older than the stream: the first look fetches anew
  }

  // -- saying things -----------------------------------------------------------------------------
  function say(text, visibly = true, bad = false) {
    const aloud = $("#aloud");
    if (aloud) aloud.textContent = text;
    if (!visibly) return;
    const line = document.createElement("p");
    line.textContent = text;
    if (bad) line.className = "bad";
    $("#toast").append(line);
    setTimeout(() => line.remove(), 8000);
  }
  document.addEventListener("said", (event) => say(event.detail.text, true, event.detail.bad));
  document.addEventListener("htmx:sendError", () => say(words.notSent));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) location.assign("/sign-in?why=session_ended");
    else if (status === 413) say(words.tooLarge, true, true);
    else if (status !== 409 && status !== 422) say(status === 403 || status === 404 ? words.notAllowed : words.failed);
  });
  document.addEventListener("htmx:afterSwap", () => { tick(); title(); });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.target.matches && event.target.matches("[data-clear]")) event.target.reset();
    const sheet = event.target.closest && event.target.closest("details.drop");
    if (event.detail.successful && sheet) { sheet.open = false; document.activeElement.blur(); }
    if (event.detail.successful && $("[data-refresh]")) refresh();
  });

  document.addEventListener("toggle", (event) => { // what waited for an open sheet is drawn now
    if (event.target.matches("details.drop") && !event.target.open && $("[data-refresh]")) refresh();
  }, true);

  // -- a picture to go with a reply: chosen, or pasted -------------------------------------------
  function choose(input, files) {
    const file = files[0], box = $("#chosen"), image = $("img", box);
    const wrong = !file ? "" : !input.accept.split(",").includes(file.type) ? input.dataset.notAPicture
      : file.size > input.dataset.largest ? input.dataset.tooLarge : "";
    if (wrong) say(wrong, true, true);
    if (!file || wrong) input.value = "";
    else if (input.files !== files) input.files = files;
    URL.revokeObjectURL(image.src);
    box.hidden = !file || Boolean(wrong);
    if (box.hidden) { image.removeAttribute("src"); return; }
    image.src = URL.createObjectURL(file);
    $(".name", box).textContent = file.name;
  }
  document.addEventListener("change", (event) => {
    if (event.target.id === "picture") choose(event.target, event.target.files);
  });
  document.addEventListener("paste", (event) => {
    const input = event.target.id === "reply" && $("#picture");
    if (input && event.clipboardData.files.length) { choose(input, event.clipboardData.files); event.preventDefault(); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.id === "drop-picture") { choose($("#picture"), []); $("#picture").focus(); }
  });
  document.addEventListener("reset", (event) => {
    if ($("#picture", event.target)) choose($("#picture"), []);
  });
  document.addEventListener("error", (event) => { // its channel is away: say so
    if (!event.target.matches || !event.target.matches(".picture img")) return;
    event.target.hidden = true;
    event.target.nextElementSibling.hidden = false;
  }, true);
  document.addEventListener("visibilitychange", () => { // what came meanwhile is seen now
    if (document.visibilityState === "visible" && $("[data-refresh]")) refresh();
  });

  // -- small conveniences ------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const script = event.target.closest("[data-script]");
    if (script) {
      const box = $("#reply");
      box.value = box.value.trim() ? `${box.value.trim()}\n${script.dataset.script}` : script.dataset.script;
      box.focus();
    }
    const theme = event.target.closest("[data-set-theme]");
    if (theme) { store("fanzha-theme", theme.dataset.setTheme); dress(); }
    for (const open of $$("details.drop[open], details.me[open]")) if (!open.contains(event.target)) open.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const open of $$("details.drop[open], details.me[open]")) { open.open = false; $("summary", open).focus(); }
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form) event.target.form.requestSubmit();
    const card = event.target.closest && event.target.closest(".card");
    if (!card || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    const cards = $$("#queue .card"), at = cards.indexOf(card);
    const to = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (to && cards[at + to]) { $("a", cards[at + to]).focus(); event.preventDefault(); }
    if (event.key === "c" && $("form .button", card)) $("form .button", card).click();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.submit();
  });
  function dress() {
    const theme = stored("fanzha-theme") || "auto";
    if (theme === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = theme;
    for (const each of $$("[data-set-theme]")) each.setAttribute("aria-pressed", String(each.dataset.setTheme === theme));
    document.dispatchEvent(new Event("dressed"));
  }
  dress();
  tick();

  // -- the door: the token stands after the #, where no server sees it -----------------------------
  const door = $("#door");
  if (door) {
    const token = location.hash.slice(1);
    door.hidden = !token;
    $("#no-token").hidden = Boolean(token);
    if (token) { $("[name=token]", door).value = token; history.replaceState(null, "", location.pathname); $("button", door).focus(); }
  }
})();
