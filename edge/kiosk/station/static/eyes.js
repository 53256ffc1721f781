// Two marks on a photo: touched or dragged, or moved by the arrow keys. What is sent are shares of the photo's sides.
"use strict";
(() => {
  const STEP = 0.02, FINE = 0.004;  // of the photo's side: a press of an arrow, and with Shift
  const figure = document.querySelector("[data-point]");
  const form = document.getElementById("eyes");
  const marks = [...figure.querySelectorAll("[data-eye]")];
  const picture = figure.querySelector("img");
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const field = (mark, axis) => form.elements[`${axis}${mark.dataset.eye}`];
  const clamp = (value) => Math.min(1, Math.max(0, value));
  let next = 0;

  const put = (mark, x, y) => {
    field(mark, "x").value = clamp(x).toFixed(4);
    field(mark, "y").value = clamp(y).toFixed(4);
    mark.style.left = `${100 * clamp(x)}%`;
    mark.style.top = `${100 * clamp(y)}%`;
  };
  const at = (event) => {
    const box = picture.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };

  // The eye is where the finger is, also where it meets a mark: a mark is as large as a glove, and would hide the eye's own place.
  const touched = (mark, event) => {
    put(mark, ...at(event));
    mark.focus();
    next = 1 - marks.indexOf(mark);
  };

  for (const mark of marks) {
    put(mark, Number(field(mark, "x").value), Number(field(mark, "y").value));
    mark.addEventListener("keydown", (event) => {
      const way = ways[event.key];
      if (!way) return;
      event.preventDefault();
      const step = event.shiftKey ? FINE : STEP;
      put(mark, Number(field(mark, "x").value) + step * way[0], Number(field(mark, "y").value) + step * way[1]);
    });
    mark.addEventListener("pointerdown", (event) => {
      event.preventDefault();  // else the browser begins to drag what lies below
      touched(mark, event);
      mark.setPointerCapture(event.pointerId);
    });
    mark.addEventListener("pointermove", (event) => {
      if (mark.hasPointerCapture(event.pointerId)) put(mark, ...at(event));
    });
  }

  // A touch beside the marks: the first sets the first, the second the other, and so on.
  picture.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    touched(marks[next], event);
  });
})();
