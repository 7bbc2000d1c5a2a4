/** The script of a page: draws the lines from versions to the passes that read them, and highlights related rows. */

export const script = `
const chart = document.querySelector(".chart")
const svg = chart.querySelector(".threads")
const rows = [...chart.querySelectorAll("li.row")]
let current = null

const middle = (element, box) => {
  const { left, top, width, height } = element.getBoundingClientRect()
  return { x: left - box.left + width / 2, y: top - box.top + height / 2 }
}
const chipOf = (row, object) => [...row.querySelectorAll(".chip")].find((chip) => chip.dataset.object === object)
const related = (row) => {
  if (row === null) return []
  const readers = rows.filter((each) => each.dataset.from === row.id || each.dataset.newer === row.id)
  const sources = [row.dataset.from, row.dataset.newer].map((id) => id && document.getElementById(id)).filter(Boolean)
  return [row, ...readers, ...sources]
}
const thread = (row, id, kind, box) => {
  const source = id && document.getElementById(id)
  const chip = source && chipOf(source, row.dataset.object)
  const dot = row.querySelector(".dot")
  if (!chip || !dot || chip.offsetParent === null) return
  const [from, to] = [middle(chip, box), middle(dot, box)]
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
  const side = from.x - chip.offsetWidth / 2
  const edge = to.x + 11
  const bend = Math.max(14, (side - edge) / 2)
  path.setAttribute("d", "M" + side + " " + from.y + " C" + (side - bend) + " " + from.y + " "
    + (edge + bend) + " " + to.y + " " + edge + " " + to.y)
  path.setAttribute("class", kind + (row === current || source === current ? " on" : ""))
  svg.append(path)
}
const draw = () => {
  svg.replaceChildren()
  const box = chart.getBoundingClientRect()
  for (const row of rows) {
    thread(row, row.dataset.from, "read", box)
    thread(row, row.dataset.newer, "stale", box)
  }
}
const show = (row) => {
  if (row === current) return
  current = row
  const on = related(row)
  for (const each of rows) each.classList.toggle("on", on.includes(each))
  draw()
}
const go = (row) => {
  if (!row) return
  row.focus({ preventScroll: true })
  row.scrollIntoView({ block: "nearest" })
}
const first = chart.querySelector("li.violation") || rows[0]
if (first) first.tabIndex = 0
chart.addEventListener("pointerover", (event) => show(event.target.closest("li.row") || current))
chart.addEventListener("click", (event) => {
  if (!event.target.closest("details")) go(event.target.closest("li.row"))
})
chart.addEventListener("focusin", (event) => {
  const row = event.target.closest("li.row")
  if (!row) return
  for (const each of rows) each.tabIndex = each === row ? 0 : -1
  show(row)
})
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const at = rows.indexOf(document.activeElement.closest("li.row"))
  const violations = rows.filter((each) => each.classList.contains("violation"))
  if (event.key === "ArrowDown" && at >= 0) go(rows[at + 1])
  else if (event.key === "ArrowUp" && at >= 0) go(rows[at - 1])
  else if (event.key === "Home" && at >= 0) go(rows[0])
  else if (event.key === "End" && at >= 0) go(rows.at(-1))
  else if (event.key === "n") go(violations.find((each) => rows.indexOf(each) > at) || violations[0])
  else if (event.key === "Escape") { document.activeElement.blur(); show(null) }
  else return
  event.preventDefault()
})
new ResizeObserver(draw).observe(chart)
draw()
`
