// The window that waits for a sign-in goes on by itself once another window of this browser has used the mail.
// Without this script a reload does the same.
const look = async () => {
  const answer = await fetch(location.href, { redirect: "manual", cache: "no-store" }).catch(() => null);
  // Not a reload: that would send a wrong code once more.
  if (answer?.type === "opaqueredirect") location.replace(location.href);
};
setInterval(() => { if (!document.hidden) look(); }, 3000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
