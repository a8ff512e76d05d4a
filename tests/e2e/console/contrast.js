// Text against what it stands on (WCAG AA: 4.5, large or bold text 3), as the browser computes it.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return { c: [r, g, b], a: a / 255 };
  };
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const wrong = [];
  for (const each of document.querySelectorAll("body *")) {
    const words = [...each.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim());
    const box = each.getBoundingClientRect();
    if (!words.length || !box.width || box.width < 2 || each.closest(".unseen, [hidden]") || !each.checkVisibility()) continue;
    const style = getComputedStyle(each);
    let ground = null;
    for (let e = each; e && !ground; e = e.parentElement) {
      const back = rgb(getComputedStyle(e).backgroundColor);
      if (back.a > .95) ground = back.c;
    }
    const ink = rgb(style.color), a = light(ink.c), b = light(ground || [255, 255, 255]);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) wrong.push(`${ratio.toFixed(2)} ${each.tagName}.${each.className}: ${words[0].textContent.trim().slice(0, 30)}`);
  }
  return wrong;
}
