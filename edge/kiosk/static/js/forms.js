// Small helps for forms: our keypad, forms that answer without leaving the page, choices that send at once.
"use strict";
(() => {
  // A keypad types into the field it names: <div class="keypad" data-for="phone"><button value="1">
  document.addEventListener("click", (event) => {
    const key = event.target.closest(".keypad button[value]");
    if (!key) return;
    event.preventDefault();
    const field = document.getElementById(key.closest(".keypad").dataset.for);
    const most = Number(field.maxLength) > 0 ? Number(field.maxLength) : 20;
    if (key.value === "back") field.value = field.value.slice(0, -1);
    else if (key.value === "clear") field.value = "";
    else if (field.value.length < most) field.value += key.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // What was wrong stops being said as soon as it is being mended.
  document.addEventListener("input", ({ target }) => {
    if (target.getAttribute("aria-invalid") !== "true") return;
    target.removeAttribute("aria-invalid");
    const said = document.getElementById(target.getAttribute("aria-describedby"));
    if (said) said.textContent = "";
  });

  // <form data-quiet="Thank you"> is sent without leaving the page; the text is shown when it has arrived.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-quiet]")) {
      if (form.dataset.sent && form.method === "post") { event.preventDefault(); return; }
      form.dataset.sent = "1";  // a second tap sends nothing twice
      setTimeout(() => delete form.dataset.sent, 4000);
      return;
    }
    event.preventDefault();
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      toast(answer.ok ? form.dataset.quiet : form.dataset.failed);
    } catch {
      toast(form.dataset.failed);
    }
  });

  function toast(text) {
    if (!text) return;
    const note = document.createElement("p");
    note.className = "toast";
    note.setAttribute("role", "status");
    note.textContent = text;
    document.body.append(note);
    setTimeout(() => note.remove(), 5000);
  }

  // <select data-send> and radio tiles in a <form data-send> send as soon as something is chosen.
  document.addEventListener("change", (event) => {
    const owner = event.target.closest("[data-send]");
    if (owner) event.target.form.requestSubmit();
  });

  // Changing the language must not lose what was typed: a form with data-keep is saved by its own route first.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-language]");
    const form = document.querySelector("form[data-keep]");
    if (!link || !form) return;
    event.preventDefault();
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "keep", value: link.dataset.language });
    form.append(field);
    form.noValidate = true;
    form.submit();
  });

  // What a scanner or a card reader on a wire has read (heard.py): <form data-heard="scan card"> takes its ticket to the server.
  document.addEventListener("parlour:heard", ({ detail }) => {
    const form = document.querySelector(`form[data-heard~="${CSS.escape(detail.event)}"]`);
    if (!form) return;
    form.elements.heard.value = detail.ticket;
    form.submit();
  });

  // A badge or a code from a scanner arrives as typing that ends with Enter, wherever the focus is.
  const wedge = document.querySelector("form[data-wedge]");
  if (wedge) {
    let typed = "", last = 0;
    document.addEventListener("keydown", (event) => {
      if (event.target.matches("input, textarea, select")) return;
      const now = event.timeStamp;  // when the key was struck: this page may have been busy with the camera
      if (now - last > 120) typed = "";  // ms: people type slower than scanners
      last = now;
      if (event.key === "Enter" && typed.length >= 4) {
        event.preventDefault();
        wedge.elements[wedge.dataset.wedge].value = typed;
        wedge.submit();
      } else if (event.key.length === 1) {
        typed += event.key;
      }
    });
  }
})();
