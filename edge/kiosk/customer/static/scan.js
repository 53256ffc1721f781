// Reads a QR code with the kiosk's own camera. Pictures are looked at and dropped; none leaves this page.
"use strict";
(async () => {
  const EVERY = 160;  // ms between looks: fast enough for a hand, calm enough for a Pi
  const WIDTH = 480;  // px: a card held at 20 cm is read well at this
  const figure = document.querySelector("[data-scan]");
  const video = figure.querySelector("video");
  const form = document.getElementById("code-form");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, facingMode: "user" } });
  } catch {
    video.remove();
    figure.querySelector("[data-no-camera]").hidden = false;
    return;
  }
  addEventListener("pagehide", () => stream.getTracks().forEach((track) => track.stop()));
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const look = () => {
    if (video.videoWidth) {
      canvas.width = WIDTH;
      canvas.height = Math.round(WIDTH * video.videoHeight / video.videoWidth);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const found = jsQR(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height);
      if (found && found.data) {
        form.elements.code.value = found.data;
        form.submit();
        return;
      }
    }
    setTimeout(look, EVERY);
  };
  look();
})();
