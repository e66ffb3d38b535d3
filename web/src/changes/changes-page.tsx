export function ChangesPage() {
  return <main>ChangesPage</main>
}
