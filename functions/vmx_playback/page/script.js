
const shown = new Intl.DateTimeFormat(undefined, {
  weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short",
});
for (const time of document.querySelectorAll("time")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.title = time.textContent;
    time.textContent = shown.format(at);
  }
}
const audio = document.querySelector("audio");
const trouble = document.getElementById("trouble");
if (audio && trouble) {
  audio.addEventListener("error", () => { trouble.hidden = false; });
  audio.addEventListener("playing", () => { trouble.hidden = true; });
}
