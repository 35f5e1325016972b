// Fills in the page "Report a mistake" with where the reader was: the address says it.
const place = new URLSearchParams(window.location.search);
const { version } = document.currentScript.dataset;
const text = document.getElementById("report-text");
if (text) {
  text.value = [
    `Lesson: ${place.get("lesson") ?? ""}`,
    `Section: ${place.get("section") ?? ""}`,
    `Cell: ${place.get("cell") ?? ""}`,
    `Version: ${version}`,
    "",
    "What it says:",
    "",
    "What is wrong with it:",
    "",
  ].join("\n");
  const button = document.getElementById("report-copy");
  button.addEventListener("click", () => {
    text.select();
    // Pages that were opened from a folder may not have the newer way to copy.
    const copied = document.execCommand("copy");
    document.getElementById("report-said").textContent = copied
      ? "Copied."
      : "Select the text and copy it.";
  });
}
