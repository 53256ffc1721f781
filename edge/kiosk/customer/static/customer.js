// The customer's screen: a visible countdown before it forgets its visitor, the time of day, and the surname picker.
"use strict";
(() => {
  const COUNTDOWN = 20;  // s, visible: WCAG 2.2.1
  const idleAfter = Number(document.body.dataset.idle) * 1000;
  const dialog = document.getElementById("idle");

  if (idleAfter && dialog) {
    let timer, ticking;
    const watch = () => { clearTimeout(timer); timer = setTimeout(ask, idleAfter); };
    const ask = () => {
      const shown = dialog.querySelector("[data-countdown]");
      let left = COUNTDOWN;
      shown.textContent = left;
      if (!dialog.open) dialog.showModal();
      ticking = setInterval(() => {
        left -= 1;
        shown.textContent = left;
        if (left <= 0) { clearInterval(ticking); document.getElementById("leave").submit(); }
      }, 1000);
    };
    const stay = () => {
      clearInterval(ticking);
      if (dialog.open) dialog.close();
      fetch("/still-here", { method: "POST" }).catch(() => {});
      watch();
    };
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
    dialog.querySelector("[data-stay]").addEventListener("click", stay);
    for (const kind of ["pointerdown", "keydown", "input", "scroll"]) {
      document.addEventListener(kind, () => dialog.open || watch(), { passive: true, capture: true });
    }
    watch();
  }

  // What the browser keeps of a page on "back" must not be the last visitor's.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const clock = document.querySelector("[data-clock]");
  if (clock) {
    // On the store's clock: the screen's own may be wrong, or in another zone.
    const began = performance.now(), start = Number(clock.dataset.clock);
    setInterval(() => {
      const minute = Math.floor((start + (performance.now() - began) / 1000) / 60);
      if (minute >= 24 * 60) { location.reload(); return; }
      clock.textContent = [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
    }, 5000);
  }

  // Another process moved this visitor on (her phone): fetch the page's parts again.
  document.addEventListener("parlour:moved", () => {
    for (const part of document.querySelectorAll("[data-src]")) part.dispatchEvent(new Event("refresh"));
  });

  const below = document.querySelector("[data-more-below]");
  if (below) {
    const page = document.scrollingElement;
    const look = () => { below.hidden = page.scrollHeight - page.clientHeight - page.scrollTop < 8; };
    below.addEventListener("click", () => page.scrollBy({ top: page.clientHeight * 0.5, behavior: "smooth" }));
    for (const kind of ["scroll", "resize", "load"]) addEventListener(kind, look, { passive: true });
    look();
  }

  // A list of years opens where most people are born, not at this year.
  const years = document.querySelector("select[data-opens-at]");
  years?.addEventListener("click", () => {
    if (years.value) return;
    const likely = [...years.options].find((option) => option.text === years.dataset.opensAt);
    requestAnimationFrame(() => likely.scrollIntoView({ block: "center" }));
  });

  const picker = document.querySelector("[data-picker]");
  if (picker) {
    const FIRST = 15;  // the most common surnames, while nothing is typed
    const field = picker.querySelector("input");
    const names = [...picker.querySelectorAll("[data-surname]")];
    const narrow = () => {
      const typed = field.value.trim().toLowerCase();
      const latin = /^[a-z'-]*$/.test(typed);
      let shown = 0;
      for (const name of names) {
        const fits = !typed || (latin ? name.dataset.pinyin.startsWith(typed) : name.dataset.surname.startsWith(typed));
        name.hidden = !fits || shown >= FIRST;
        if (!name.hidden) shown += 1;
      }
    };
    field.addEventListener("input", narrow);
    picker.addEventListener("click", (event) => {
      const name = event.target.closest("[data-surname]");
      const letter = event.target.closest(".letters button");
      if (name) {
        field.value = name.dataset.surname;
        field.form.requestSubmit();
      } else if (letter) {
        const value = letter.value === "back" ? field.value.slice(0, -1) : field.value + letter.value;
        field.value = value.charAt(0).toUpperCase() + value.slice(1).toLowerCase();
        narrow();
      }
    });
    narrow();
  }
})();
