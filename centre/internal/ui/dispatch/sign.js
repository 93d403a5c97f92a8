// A signature drawn with finger or mouse goes along as a picture. Without this script the typed name and the tick do.
"use strict";
for (const box of document.querySelectorAll("[data-sign]")) {
  const canvas = box.querySelector("canvas"), out = box.querySelector("input"), pen = canvas.getContext("2d");
  box.hidden = false;
  canvas.width = 600;
  canvas.height = 200;
  pen.lineWidth = 3;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = "#1d1d1f";
  let down = false;
  const at = (e) => {
    const r = canvas.getBoundingClientRect();
    return [((e.clientX - r.left) * canvas.width) / r.width, ((e.clientY - r.top) * canvas.height) / r.height];
  };
  canvas.addEventListener("pointerdown", (e) => {
    down = true;
    canvas.setPointerCapture(e.pointerId);
    pen.beginPath();
    pen.moveTo(...at(e));
    e.preventDefault();
  });
  canvas.addEventListener("pointermove", (e) => {
    if (!down) return;
    pen.lineTo(...at(e));
    pen.stroke();
    out.value = canvas.toDataURL("image/png");
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { down = false; });
  box.querySelector("button").addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    out.value = "";
  });
}
