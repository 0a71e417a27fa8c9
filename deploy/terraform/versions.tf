# A network, a PostgreSQL and a cluster of Kubernetes in AWS, for deploy/kubernetes/overlays/external-database. See
# docs/operations/kubernetes.md. Where the state is stored (`backend`) is up to you.
terraform {
  required_version = ">= 1.9.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.0.0"
    }
  }
}

provider "aws" {
  region = var.region
}
