output "cluster_name" {
  description = "For `aws eks update-kubeconfig --name`."
  value       = aws_eks_cluster.main.name
}

output "database_host" {
  description = "The host of DATABASE_URL."
  value       = aws_db_instance.main.address
  sensitive   = true
}

output "database_port" {
  description = "The port of DATABASE_URL."
  value       = aws_db_instance.main.port
  sensitive   = true
}

output "database_superuser" {
  description = "The login with which `holdfast setup-database --as` creates the role and the database of DATABASE_URL."
  value       = aws_db_instance.main.username
  sensitive   = true
}

output "database_superuser_secret" {
  description = "The secret of AWS Secrets Manager that has its password."
  value       = aws_db_instance.main.master_user_secret[0].secret_arn
  sensitive   = true
}
