// The bed station: the running scan, and pages that wait for one thing to happen.
"use strict";
(() => {
  const POLL = 1000, LATE = 12000;  // ms

  const scan = document.querySelector("[data-job]");
  if (scan) {
    const words = scan.querySelector(".guidance"), frame = scan.querySelector(".preview");
    const picture = frame.querySelector("img");
    let last = "", heard = performance.now();

    document.addEventListener("parlour:guidance", ({ detail }) => {
      heard = performance.now();
      const text = detail[scan.dataset.lang] || detail.en;
      if (text !== words.textContent) words.textContent = text;  // a screen reader says it once
      frame.toggleAttribute("data-ok", Boolean(detail.ok));
    });
    document.addEventListener("parlour:preview", ({ detail }) => {
      heard = performance.now();
      const url = URL.createObjectURL(new Blob([detail.jpeg], { type: "image/jpeg" }));
      picture.onload = () => { if (last) URL.revokeObjectURL(last); last = url; };
      picture.src = url;
      picture.hidden = false;
    });

    const look = async () => {
      scan.querySelector(".late").hidden = performance.now() - heard < LATE;
      try {
        const answer = await fetch(scan.dataset.job, { headers: { "X-Live": "1", Accept: "application/json" } });
        if (!answer.ok || answer.redirected) { location.reload(); return; }
        const { state } = await answer.json();
        if (state !== "waiting" && state !== "running") { location.reload(); return; }
      } catch (error) {
        console.info("not asked:", error.message);
      }
      setTimeout(look, POLL);
    };
    setTimeout(look, POLL);
  }

  // Two pictures of one frame on top of each other, and a handle between them.
  const pair = document.querySelector("[data-slide]");
  if (pair) {
    const handle = pair.querySelector("input");
    const slide = () => pair.style.setProperty("--at", `${handle.value}%`);
    handle.hidden = false;
    pair.classList.add("slides");
    handle.addEventListener("input", slide);
    slide();
  }

  // <section data-live="screening" data-reload>: the whole page changes with these records.
  const whole = document.querySelector("[data-reload]");
  if (whole) {
    document.addEventListener("parlour:changed", ({ detail }) => {
      const listens = whole.dataset.live.split(" ");
      if (detail.kinds.some((kind) => listens.includes(kind))) location.reload();
    });
  }

  // <section data-src="..." data-again="21000">: look once more after that time, whether something came or not.
  const again = document.querySelector("[data-again]");
  if (again) {
    setTimeout(async () => {
      try {
        const answer = await fetch(again.dataset.src, { headers: { "X-Live": "1" } });
        if (answer.ok && !answer.redirected) again.innerHTML = await answer.text();
      } catch (error) {
        console.info("not asked:", error.message);
      }
    }, Number(again.dataset.again));
  }
})();
