export type Permission = "unsupported" | NotificationPermission;

export function permission(): Permission {
  return "Notification" in window && window.isSecureContext ? Notification.permission : "unsupported";
}

/** Asks the user; only ever called from a click. */
export async function ask(): Promise<Permission> {
  return permission() === "default" ? await Notification.requestPermission() : permission();
}

/** One notification, replacing the one with the same `tag`. A browser that has none but from service workers shows nothing. */
export function show(tag: string, title: string, body: string, clicked: () => void): void {
  if (permission() !== "granted") return;
  try {
    const notification = new Notification(title, { tag, body, icon: "/icon.svg" });
    notification.onclick = () => {
      window.focus();
      notification.close();
      clicked();
    };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
