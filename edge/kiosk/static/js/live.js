// Pages that stay true. A part of a page names where it comes from and which kinds of records change it:
//   <section data-live="visit appointment" data-src="/desk/part/board">
// A notice of a change fetches that part again. While the socket is down, parts are fetched every 15 s. Notices are numbered: once it has joined,
// a page asks what was told since its request began (data-told), or since the socket was lost; a customer's page fetches its parts once more.
// What is no record (presence, health) no notice tells of: data-every="5000" looks again, in ms.
"use strict";
(() => {
  const BEAT = 5000, FALLBACK = 15000, HELD = 1000;  // ms
  const body = document.body;
  const rooms = (body.dataset.room || "").split(" ").filter(Boolean);

  // Between a press and its click nothing is replaced: what lay under the finger or the key would be gone, and the click with it.
  let pressed = 0;
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { pressed = performance.now(); }, true);
  for (const kind of ["pointerup", "pointercancel", "keyup"]) addEventListener(kind, () => setTimeout(() => { pressed = 0; }), true);
  async function untouched() {
    while (pressed && performance.now() - pressed < HELD) await new Promise((done) => setTimeout(done, 30));
  }

  // What has the focus is known again by what it does: who walks with Tab stays where she is.
  function marks(node) {
    const held = ["id", "href", "name", "value"].filter((name) => node.hasAttribute(name));
    const same = (name, value) => `[${name}="${CSS.escape(value)}"]`;
    const form = node.form ? `form${same("action", node.form.getAttribute("action") || "")} ` : "";
    return form || held.length ? form + node.tagName + held.map((name) => same(name, node.getAttribute(name))).join("") : "";
  }

  // So is what she has opened (<details id="...">): it stays open.
  function replace(part, html) {
    const node = document.activeElement, held = node !== part && part.contains(node) ? marks(node) : "";
    const open = [...part.querySelectorAll("details[id][open]")].map((one) => one.id);
    part.innerHTML = html;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (held) part.querySelector(held)?.focus({ preventScroll: true });
  }

  // Nothing is taken from under who types, nor what she has typed and not yet sent.
  const isWrittenIn = (part) => [...part.querySelectorAll("input:not([type=hidden]), select, textarea")]
    .some((field) => field === document.activeElement || (field.defaultValue ?? field.value) !== field.value);

  async function refresh(part) {
    if (part.dataset.busy) { part.dataset.again = "1"; return; }
    if (isWrittenIn(part)) return;
    part.dataset.busy = "1";
    try {
      const answer = await fetch(part.dataset.src, { headers: { "X-Live": "1" } });
      if (answer.redirected || answer.status === 401) { location.reload(); return; }
      if (answer.ok) {
        const html = await answer.text();
        if (html !== part.dataset.last) {
          await untouched();
          if (isWrittenIn(part)) return;
          replace(part, html);
          part.dataset.last = html;
        }
        part.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
      }
    } catch (error) {
      console.info("not refreshed:", error.message);
    } finally {
      delete part.dataset.busy;
      if (part.dataset.again) { delete part.dataset.again; refresh(part); }
    }
  }

  // Anything on the page may ask for a part again: part.dispatchEvent(new Event("refresh"))
  document.addEventListener("refresh", (event) => refresh(event.target), true);
  const parts = () => [...document.querySelectorAll("[data-src]")];
  const refreshAll = () => parts().forEach(refresh);

  for (const part of document.querySelectorAll("[data-every]")) {
    setInterval(() => {
      if (!document.hidden && !part.querySelector("details[open]")) refresh(part);  // else somebody reads it
    }, Number(part.dataset.every));
  }

  if (typeof io === "undefined") { setInterval(refreshAll, FALLBACK); return; }
  const socket = io({ transports: ["websocket"], reconnectionDelayMax: 8000 });
  let told = Number(body.dataset.told);
  function changed(notice) {
    told = notice.told;
    const all = notice.kinds.includes("employee");  // somebody may have left: her screens close at once
    for (const part of parts()) {
      const listens = (part.dataset.live || "").split(" ");
      if (all || notice.kinds.some((kind) => listens.includes(kind))) refresh(part);
    }
  }
  socket.on("connect", async () => {
    try {
      await Promise.all(rooms.map((room) => socket.emitWithAck("join", room)));
      body.dataset.line = "up";  // from here on it hears what is told
      if (!told) { refreshAll(); return; }  // a customer's page: nobody numbers what it missed
      const missed = await socket.emitWithAck("since", told);
      if (missed) { changed(missed); tellPage("changed", missed); }
    } catch (error) {
      console.info("not joined:", error.message);  // the line went down again meanwhile: the next connection begins anew
    }
  });
  socket.on("disconnect", () => { body.dataset.line = "down"; });
  socket.on("changed", changed);
  // The sign-in behind this page has ended: it is asked for once more, and leads to the sign-in. Not reload(): that would send a form again.
  let leaving = false;  // on its way to another page: that one says what it may show
  addEventListener("beforeunload", () => { leaving = true; });
  socket.on("ended", () => { if (!leaving) location.replace(location.pathname + location.search); });
  setInterval(() => socket.connected && socket.emit("beat", body.dataset.page), BEAT);
  setInterval(() => socket.connected || refreshAll(), FALLBACK);
  // For pages with more to hear (guidance of a scan, a visitor's phone): document.addEventListener("parlour:NAME", ...)
  function tellPage(name, data) { document.dispatchEvent(new CustomEvent(`parlour:${name}`, { detail: data })); }
  socket.onAny(tellPage);
})();
