"use strict";
document.body.classList.add("js");
const sections = [...document.querySelectorAll("section")];
/* The least scale at which a drawing's texts can be read. */
const readable = 1;
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

/* One flow's view: what part of the drawing is seen, at which scale (screen pixels for one of the drawing). */
function view(svg) {
  const width = Number(svg.dataset.width), height = Number(svg.dataset.height);
  let x = 0, y = 0, scale = 1, shown = false;
  const apply = () => {
    const box = svg.getBoundingClientRect();
    svg.setAttribute("viewBox", [x, y, box.width / scale, box.height / scale].join(" "));
  };
  const fits = () => {
    const box = svg.getBoundingClientRect();
    return Math.min(box.width / width, box.height / height, 1.25);
  };
  const fit = (least) => {
    const box = svg.getBoundingClientRect();
    if (!box.width || !box.height) return;
    scale = Math.max(fits(), least);
    /* In the middle if all is seen, else from the start. */
    x = Math.min((width - box.width / scale) / 2, 0);
    y = Math.min((height - box.height / scale) / 2, 0);
    shown = true;
    apply();
  };
  const zoom = (factor, clientX, clientY) => {
    const box = svg.getBoundingClientRect();
    const atX = clientX === undefined ? box.width / 2 : clientX - box.left;
    const atY = clientY === undefined ? box.height / 2 : clientY - box.top;
    const next = clamp(scale * factor, Math.min(fits(), 0.2) / 2, 4);
    x += atX / scale - atX / next;
    y += atY / scale - atY / next;
    scale = next;
    apply();
  };
  const pan = (right, down) => {
    x = clamp(x + right / scale, -width, width * 2);
    y = clamp(y + down / scale, -height, height * 2);
    apply();
  };
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
    if (event.shiftKey) pan(pixels || event.deltaX, 0);
    else zoom(Math.exp(-clamp(pixels, -200, 200) / 500), event.clientX, event.clientY);
  }, { passive: false });
  const pointers = new Map();
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    svg.setPointerCapture(event.pointerId);
    svg.classList.add("dragging");
  });
  svg.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
    if (other) {
      const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
      zoom(apart(event) / apart(before), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
    } else {
      pan(before.clientX - event.clientX, before.clientY - event.clientY);
    }
    pointers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, (event) => {
      pointers.delete(event.pointerId);
      if (!pointers.size) svg.classList.remove("dragging");
    });
  }
  const keys = {
    ArrowLeft: () => pan(-80, 0), ArrowRight: () => pan(80, 0), ArrowUp: () => pan(0, -80), ArrowDown: () => pan(0, 80),
    "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => fit(0), Home: () => fit(readable),
  };
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  /* What a block leads to, and what leads to it. */
  const light = (block) => {
    svg.classList.toggle("lit", Boolean(block));
    for (const wire of svg.querySelectorAll(".wire")) {
      const near = block && (wire.dataset.from === block.dataset.block || wire.dataset.to === block.dataset.block);
      wire.classList.toggle("near", Boolean(near));
    }
  };
  for (const block of svg.querySelectorAll(".block")) {
    block.addEventListener("pointerenter", () => light(block));
    block.addEventListener("pointerleave", () => light(null));
    block.addEventListener("blur", () => light(null));
    block.addEventListener("focus", () => {
      light(block);
      if (!block.matches(":focus-visible")) return;
      const box = svg.getBoundingClientRect(), card = block.getBoundingClientRect();
      pan(Math.min(card.left - box.left - 40, 0) + Math.max(card.right - box.right + 40, 0),
          Math.min(card.top - box.top - 40, 0) + Math.max(card.bottom - box.bottom + 40, 0));
    });
  }
  const tools = svg.closest("section").querySelector(".tools");
  const actions = { in: () => zoom(1.25), out: () => zoom(0.8), fit: () => fit(0), read: () => fit(readable) };
  tools.hidden = false;
  tools.addEventListener("click", (event) => {
    const action = actions[event.target.dataset.action];
    if (action) action();
  });
  new ResizeObserver(() => (shown ? apply() : fit(readable))).observe(svg);
  /* The whole drawing on paper. */
  let before = "";
  addEventListener("beforeprint", () => {
    before = svg.getAttribute("viewBox");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  });
  addEventListener("afterprint", () => svg.setAttribute("viewBox", before));
}

function show() {
  const current = sections.find((section) => "#" + section.id === location.hash) || sections[0];
  for (const section of sections) section.classList.toggle("current", section === current);
  for (const link of document.querySelectorAll("nav a")) {
    if (current && link.getAttribute("href") === "#" + current.id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
}
addEventListener("hashchange", show);
show();
for (const svg of document.querySelectorAll("svg.flow")) view(svg);
