{{- $image := printf "%s:%s" .Values.image.repository .Values.image.tag -}}
{{- $manifests := .Files.Get "manifests.yaml" -}}
{{- /* The namespace is made with its pod-security level and policies before any release. */ -}}
{{- $manifests = regexReplaceAll "(?s)^apiVersion: v1\nkind: Namespace\n.*?\n---\n" $manifests "" -}}
{{- $manifests = $manifests | replace "ghcr.io/cloudnative-pg/cloudnative-pg:1.30.0" $image -}}
{{- $manifests = $manifests | replace "imagePullPolicy: Always" (printf "imagePullPolicy: %s" .Values.image.pullPolicy) -}}
{{- $manifests = $manifests | replace "  replicas: 1\n  selector:" (printf "  replicas: %d\n  selector:" (int .Values.replicaCount)) -}}
{{- /* A limit on processor time of 100m, as released, makes a failover wait for it. */ -}}
{{- $manifests = regexReplaceAll "resources:\n          limits:\n            cpu: 100m\n            memory: 200Mi\n          requests:\n            cpu: 100m\n            memory: 100Mi" $manifests (printf "resources: %s" (toJson .Values.resources)) -}}
{{- $manifests = $manifests | replace "      serviceAccountName: cnpg-manager\n" (printf "      serviceAccountName: cnpg-manager\n      priorityClassName: %s\n" .Values.priorityClassName) -}}
{{ $manifests }}
