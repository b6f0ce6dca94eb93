//! Spanish.

use super::{Warnings, Words};

/// As in Spain.
pub(super) const ES_ES: Words = Words {
    tag: "es-ES",
    name: "Español de España",
    time: "%d/%m/%Y, %H:%M (%Z)",
    voicemail: "Mensaje de voz",
    title: "Mensaje de voz de {caller} para {recipient}",
    heading: "Mensaje de voz de {caller}",
    line: "Para {recipient} · {time} · {length} minutos",
    guide_line: "Para {recipient}, recibido: {time}",
    facts: "Recibido: {time} ({iso}), de {caller}, {length} minutos, para {recipient}.",
    unknown_number: "número desconocido",
    caller: "Persona que llama",
    from: "De",
    recipient: "Para",
    received: "Recibido",
    length: "Duración",
    recording: "Grabación",
    callback_number: "Número para devolver la llamada",
    call_back: "Devolver la llamada:",
    queue: "Cola",
    agent: "Agente",
    summary: "Resumen",
    summary_line: "Resumen: {summary}",
    transcript: "Transcripción",
    notes: "Notas",
    note_line: "Nota: {note}",
    none: "Nada.",
    player: "Grabación del mensaje de voz",
    trouble: "La grabación no se puede reproducir en este momento. Vuelva a cargar esta página o descargue la \
              grabación.",
    download: "Descargar la grabación",
    listen: "Escuchar la grabación",
    listen_line: "Escuchar la grabación:",
    link_until: "El enlace a la grabación funciona hasta: {time}.",
    secret: "Cualquiera que tenga el enlace puede escuchar la grabación; trátelo como una contraseña.",
    link_too_long: "El enlace a la grabación es demasiado largo para una tarea.",
    in_workspace: "Escuche la grabación en el espacio de trabajo del agente, en la guía de las tareas guiadas.",
    guide_plays: "La guía de esta tarea reproduce la grabación.",
    attached: "La grabación va adjunta.",
    open: "Abrir",
    new_link: "Obtener un enlace nuevo",
    try_again: "Intentar de nuevo",
    cannot_show: "El mensaje de voz no se puede mostrar.",
    guide_advice: "La descripción de la tarea contiene la transcripción. Los administradores encontrarán el motivo en \
                   el registro de flujos y en los registros de la función vmx_playback.",
    flow_refused: "Este flujo no tiene permiso para consultar mensajes de voz.",
    flow_names_none: "El flujo no ha indicado qué mensaje de voz necesita.",
    not_stored: "El mensaje de voz no existe, o ha caducado y se ha eliminado.",
    refused_title: "Este enlace no funciona",
    refused: "Puede que esté incompleto, que haya caducado o se haya revocado, o que el mensaje de voz se haya \
              eliminado.",
    refused_advice: "Abra de nuevo el enlace desde la tarea, el correo electrónico o el registro en que lo recibió. Si \
                     sigue sin funcionar, pida el mensaje de voz al administrador de su centro de contacto: indíquele \
                     quién llamó y cuándo.",
    unavailable_title: "No disponible en este momento",
    unavailable: "El mensaje de voz no se puede mostrar en este momento. Inténtelo de nuevo dentro de un minuto.",
    voicemail_expired: "Este mensaje de voz ha caducado y se ha eliminado.",
    expired_advice: "No se puede recuperar. Es posible que la tarea, el correo electrónico o el registro en que \
                     recibió el enlace conserve el número de quien llamó y la transcripción.",
    recording_expired: "La grabación ha caducado y se ha eliminado.",
    transcript_expired: "La transcripción ha caducado y se ha eliminado. La grabación sigue disponible.",
    no_speech: "(No se ha reconocido ninguna voz. Escuche la grabación.)",
    transcription_failed: "(La transcripción ha fallado. Escuche la grabación.)",
    transcript_late: "(La transcripción no estuvo lista a tiempo. Escuche la grabación.)",
    warnings: Warnings {
        queue_replaced: "Faltaba la cola o es desconocida, por lo que se usó la cola predeterminada.",
        language_replaced: "El idioma no se puede transcribir, por lo que se usó el idioma predeterminado.",
        mode_replaced: "El modo de entrega es desconocido, por lo que se usó el predeterminado.",
        mode_not_enabled: "El modo de entrega no está habilitado, por lo que se usó el predeterminado.",
        agent_replaced: "El agente es desconocido, por lo que el mensaje de voz se envió a la cola.",
        attribute_dropped: "Un atributo del contacto era demasiado largo y se omitió.",
        audio_gaps: "Una parte del audio se perdió y se ha sustituido por silencio.",
        recipient_unknown: "No se pudieron leer los datos de la cola o del agente.",
        not_redacted: "Los datos personales no están ocultos en la transcripción.",
        email_address_replaced: "Una dirección de correo electrónico no está permitida, por lo que se usó otra.",
        email_template_replaced: "La plantilla de correo electrónico no se puede usar, por lo que se usó la integrada.",
        recording_not_attached: "La grabación es demasiado grande para adjuntarla; use el enlace.",
        owner_replaced: "El agente no puede ser propietario de registros en Salesforce, por lo que Salesforce asignó \
                         uno.",
        priority_replaced: "Salesforce no tiene esta prioridad, por lo que se usó la predeterminada.",
        silent: "No se ha encontrado ninguna voz en el mensaje.",
        link_missing: "No se pudo crear un enlace de reproducción; la grabación está en el bucket de grabaciones.",
        stream_uncertain: "La llamada se grabó más de una vez. Esta grabación puede contener otras partes de la \
                           llamada o ser otra parte.",
        agent_omitted: "Se ha omitido la conversación con un agente, por lo que el mensaje puede estar incompleto.",
        begin_unknown: "No se conoce el comienzo del mensaje, por lo que la grabación empieza con la llamada.",
    },
};

/// As in the Americas: what differs. Its times are written so that nobody takes the day for the month.
pub(super) const ES_US: Words = Words {
    tag: "es-US",
    name: "Español",
    time: "%Y-%m-%d %H:%M (%Z)",
    queue: "Fila",
    flow_names_none: "El flujo no indicó qué mensaje de voz necesita.",
    not_stored: "El mensaje de voz no existe, o venció y se eliminó.",
    refused: "Es posible que esté incompleto, que haya vencido o se haya revocado, o que el mensaje de voz se haya \
              eliminado.",
    voicemail_expired: "Este mensaje de voz venció y se eliminó.",
    recording_expired: "La grabación venció y se eliminó.",
    transcript_expired: "La transcripción venció y se eliminó. La grabación sigue disponible.",
    no_speech: "(No se reconoció ninguna voz. Escuche la grabación.)",
    transcription_failed: "(La transcripción falló. Escuche la grabación.)",
    warnings: Warnings {
        queue_replaced: "Faltaba la fila o es desconocida, por lo que se usó la fila predeterminada.",
        agent_replaced: "El agente es desconocido, por lo que el mensaje de voz se envió a la fila.",
        audio_gaps: "Una parte del audio se perdió y se reemplazó por silencio.",
        recipient_unknown: "No se pudieron leer los datos de la fila o del agente.",
        silent: "No se encontró ninguna voz en el mensaje.",
        agent_omitted: "Se omitió la conversación con un agente, por lo que el mensaje puede estar incompleto.",
        ..ES_ES.warnings
    },
    ..ES_ES
};
