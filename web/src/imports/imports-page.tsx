export function ImportsPage() {
  return <main>ImportsPage</main>
}
