export function ImportPage() {
  return <main>ImportPage</main>
}
