export function CompanyPage() {
  return <main>CompanyPage</main>
}
