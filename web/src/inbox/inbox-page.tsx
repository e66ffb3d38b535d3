export function InboxPage() {
  return <main>InboxPage</main>
}
