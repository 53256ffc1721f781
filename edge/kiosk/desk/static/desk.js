// The board hears a customer's call at once and keeps its minutes true; a bill is worked out anew as soon as something is chosen.
"use strict";
(() => {
  const MINUTE = 60000;
  const board = document.querySelector("[data-called]");
  if (board) {
    const again = () => board.dispatchEvent(new Event("refresh"));
    document.addEventListener("parlour:called", again);
    setInterval(again, MINUTE);
  }

  document.addEventListener("change", (event) => {
    const price = event.target.matches("[data-price]") && event.target.form.querySelector("#price");
    if (price) event.target.form.requestSubmit(price);
  });

  document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
})();
