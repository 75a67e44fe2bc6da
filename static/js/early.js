// A page can be typed in before its modules are there: on a slow line, by seconds. What was typed, ticked or chosen until
// then is told to them once they listen, as if it were done now.

/** Whether a field no longer holds what the server wrote in it. */
function touched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  if (field.matches("select")) {
    const written = [...field.options].some((option) => option.defaultSelected);
    return written ? [...field.options].some((option) => option.selected !== option.defaultSelected) : field.selectedIndex > 0;
  }
  return field.type !== "hidden" && field.value !== field.defaultValue;
}

export function retell() {
  for (const field of [...document.querySelectorAll("input, select, textarea")].filter(touched)) {
    field.dispatchEvent(new Event("input", { bubbles: true }));
    // A field of text says "change" by itself, when it is left.
    if (field.matches("select, [type=checkbox], [type=radio], [type=file]")) field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  // A menu opened meanwhile asks for its counts.
  for (const menu of document.querySelectorAll("[popover]:popover-open")) menu.dispatchEvent(new ToggleEvent("toggle", { oldState: "closed", newState: "open" }));
}
