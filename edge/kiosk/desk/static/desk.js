// The board hears a customer's call at once, and keeps its minutes of waiting true.
"use strict";
(() => {
  const MINUTE = 60000;
  const board = document.querySelector("[data-called]");
  const again = () => board.dispatchEvent(new Event("refresh"));
  document.addEventListener("parlour:called", again);
  setInterval(again, MINUTE);
})();
