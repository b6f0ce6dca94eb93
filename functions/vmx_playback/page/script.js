
/* Times as the viewer's country writes them, in the language of the page. */
const language = document.documentElement.lang;
const country = navigator.languages.find((known) => known.split("-")[0] === language.split("-")[0]);
const shown = new Intl.DateTimeFormat(country || language, {
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
