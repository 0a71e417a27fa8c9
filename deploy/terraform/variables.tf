variable "region" {
  description = "The region of AWS in which everything is created."
  type        = string
}

variable "name" {
  description = "The name of the cluster and of the database server, with which other names begin."
  type        = string
  default     = "holdfast"
}

variable "network" {
  description = "The addresses of the network. The network policies of Kubernetes name them, too."
  type        = string
  default     = "10.20.0.0/16"
}

variable "administrators" {
  description = "The networks from which the API of Kubernetes can be reached, such as [\"192.0.2.0/24\"]."
  type        = list(string)
  validation {
    condition     = length(var.administrators) > 0 && !contains(var.administrators, "0.0.0.0/0")
    error_message = "Name networks: without any, or with 0.0.0.0/0, everybody reaches the API of Kubernetes."
  }
}

variable "kubernetes_version" {
  description = "The version of Kubernetes: 1.30 or newer."
  type        = string
  default     = "1.34"
}

variable "node_type" {
  description = "The type of the machines on which Holdfast runs: 4 cores and 16 GB."
  type        = string
  default     = "m7i.xlarge"
}

variable "database_type" {
  description = "The type of the machine of the database: 4 cores and 16 GB."
  type        = string
  default     = "db.m7g.xlarge"
}

variable "database_gigabytes" {
  description = "The size of the disk of the database. It grows up to four times as large by itself."
  type        = number
  default     = 200
}
