export function CompaniesPage() {
  return <main>CompaniesPage</main>
}
