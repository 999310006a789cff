{{- define "ratecard.name" -}}
{{- if contains "ratecard" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-ratecard" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels that select the pods of one component: (list $ "scraper"). */}}
{{- define "ratecard.selector" -}}
app.kubernetes.io/name: ratecard
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "ratecard.labels" -}}
{{ include "ratecard.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version }}
{{- end }}

{{- define "ratecard.image" -}}
{{- $root := index . 0 -}}
{{ $root.Values.image.registry }}ratecard-{{ index . 1 }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{- define "ratecard.secret" -}}
{{ .Values.existingSecret | default (include "ratecard.name" .) }}
{{- end }}

{{/* One variable from the Secret: (list $ "VARIABLE" "KEY" optional). */}}
{{- define "ratecard.fromSecret" -}}
- name: {{ index . 1 }}
  valueFrom:
    secretKeyRef:
      name: {{ include "ratecard.secret" (index . 0) }}
      key: {{ index . 2 }}
      optional: {{ index . 3 }}
{{- end }}

{{/* What every pod has beside its containers: nobody's token, no rights, no root. */}}
{{- define "ratecard.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
{{- if .Values.tls.caSecret }}
  - name: tls
    secret: {secretName: {{ .Values.tls.caSecret }}}
{{- end }}
{{- end }}

{{/* What every container has. */}}
{{- define "ratecard.container" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- if .Values.tls.caSecret }}
  - {name: tls, mountPath: /etc/ratecard/tls, readOnly: true}
{{- end }}
{{- end }}

{{/* How a pod reaches Kafka and PostgreSQL before the ConfigMap exists: hooks run before it. */}}
{{- define "ratecard.inline" -}}
{{- range $name, $value := .Values.config }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
