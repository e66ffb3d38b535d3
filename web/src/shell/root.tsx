import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'

export function NotFound() {
  return (
    <EmptyState icon={Compass} title="There is nothing at this address" actions={<Link to="/">Go to Today</Link>}>
      The record may have been deleted, or the address was cut off.
    </EmptyState>
  )
}

export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return <ErrorState title="This page could not be shown" error={error} onRetry={retry} />
}

export function PagePending() {
  return <SkeletonLines count={10} />
}
