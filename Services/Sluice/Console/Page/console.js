"use strict";
(() => {
  const page = document.getElementById("page");
  const announcement = document.getElementById("announcement");
  const offline = document.getElementById("offline");
  const live = document.getElementById("live");
  const liveWords = document.getElementById("live-words");
  const footer = document.getElementById("footer");
  const interval = 2000;
  let tag = '"' + document.body.dataset.sequence + '"';
  let last = new Date();
  let announced = document.body.dataset.announcement;
  let timer = 0;
  let asking = false;

  // Only what differs is touched: selections stay, and screen readers hear nothing of the rest.
  const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  const bind = (element, scope) => {
    const data = element.dataset;
    if (data.t !== undefined && scope[data.t] !== undefined) { setText(element, scope[data.t]); }
    if (data.a !== undefined) {
      const [name, place] = data.a.split(":");
      if (scope[place] !== undefined) {
        const value = data.base ? data.base + " " + scope[place] : scope[place];
        if (element.getAttribute(name) !== value) element.setAttribute(name, value);
      }
    }
    if (data.if !== undefined && scope[data.if] !== undefined) {
      if (scope[data.if]) element.removeAttribute("hidden"); else element.setAttribute("hidden", "");
    }
    if (data.each !== undefined && scope[data.each] !== undefined) return list(element, scope[data.each]);
    const inner = data.scope !== undefined && scope[data.scope] !== undefined ? scope[data.scope] : scope;
    for (const child of element.children) if (child.tagName !== "TEMPLATE") bind(child, inner);
  };

  const list = (element, items) => {
    let template = null;
    const known = new Map();
    for (const child of [...element.children]) {
      if (child.tagName === "TEMPLATE") template = child; else known.set(child.dataset.key, child);
    }
    let place = element.firstElementChild;
    for (const item of items) {
      let child = known.get(item.key);
      known.delete(item.key);
      if (!child) {
        child = template.content.firstElementChild.cloneNode(true);
        child.dataset.key = item.key;
      }
      bind(child, item);
      if (child === place) place = place.nextElementSibling; else element.insertBefore(child, place);
    }
    for (const child of known.values()) child.remove();
  };

  const show = (document_) => {
    const state = document_.page;
    bind(page, state);
    setText(footer, state.footer);
    if (document.title !== state.documentTitle) document.title = state.documentTitle;
    // Only changes are said, the first since the page was loaded as well.
    if (announced !== state.announcement) setText(announcement, state.announcement);
    announced = state.announcement;
  };

  const ask = async () => {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    try {
      const answer = await fetch("/api/state", {
        headers: { "If-None-Match": tag }, cache: "no-store", credentials: "same-origin",
        signal: AbortSignal.timeout(8000),
      });
      if (answer.status === 401) return location.reload();
      if (answer.status !== 304) {
        if (!answer.ok) throw new Error("status " + answer.status);
        const found = await answer.json();
        tag = answer.headers.get("ETag") || "";
        show(found);
      }
      last = new Date();
      offline.hidden = true;
      live.className = "live on";
      setText(liveWords, "live, every 2 s");
    } catch (error) {
      live.className = "live off";
      setText(liveWords, "not updating");
      setText(offline, "The console does not answer. What you see is as of " + last.toLocaleTimeString() + ".");
      offline.hidden = false;
    } finally {
      asking = false;
      timer = setTimeout(ask, interval);
    }
  };

  // Nobody looks at a page that is hidden, and the console then asks nobody.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer); else ask();
  });
  ask();
})();
