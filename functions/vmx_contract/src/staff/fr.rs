//! French.

use super::{Warnings, Words};

/// As in France.
pub(super) const FR_FR: Words = Words {
    tag: "fr-FR",
    name: "Français",
    time: "%d/%m/%Y à %H:%M (%Z)",
    voicemail: "Message vocal",
    title: "Message vocal ({caller}) pour {recipient}",
    heading: "Message vocal ({caller})",
    line: "Pour {recipient} · {time} · {length} minutes",
    guide_line: "Pour {recipient}, reçu le {time}",
    facts: "Reçu le {time} ({iso}), appelant : {caller}, durée : {length} minutes, pour : {recipient}.",
    unknown_number: "numéro inconnu",
    caller: "Appelant",
    from: "De",
    recipient: "Pour",
    received: "Reçu",
    length: "Durée",
    recording: "Enregistrement",
    callback_number: "Numéro de rappel",
    call_back: "Rappeler :",
    queue: "File d’attente",
    agent: "Agent",
    summary: "Résumé",
    summary_line: "Résumé : {summary}",
    transcript: "Transcription",
    notes: "Remarques",
    note_line: "Remarque : {note}",
    none: "Néant.",
    player: "Enregistrement du message vocal",
    trouble: "L’enregistrement ne peut pas être lu pour le moment. Rechargez cette page ou téléchargez \
              l’enregistrement.",
    download: "Télécharger l’enregistrement",
    listen: "Écouter l’enregistrement",
    listen_line: "Écouter l’enregistrement :",
    link_until: "Le lien vers l’enregistrement fonctionne jusqu’au {time}.",
    secret: "Toute personne qui possède ce lien peut écouter l’enregistrement : traitez-le comme un mot de passe.",
    link_too_long: "Le lien vers l’enregistrement est trop long pour une tâche.",
    in_workspace: "Écoutez l’enregistrement dans l’espace de travail de l’agent, dans le guide des tâches guidées.",
    guide_plays: "Le guide de cette tâche permet d’écouter l’enregistrement.",
    attached: "L’enregistrement est joint.",
    open: "Ouvrir",
    new_link: "Obtenir un nouveau lien",
    try_again: "Réessayer",
    cannot_show: "Le message vocal ne peut pas être affiché.",
    guide_advice: "La description de la tâche contient la transcription. Les administrateurs trouveront la cause dans \
                   le journal des flux et dans les journaux de la fonction vmx_playback.",
    flow_refused: "Ce flux n’est pas autorisé à consulter des messages vocaux.",
    flow_names_none: "Le flux n’a pas indiqué de quel message vocal il a besoin.",
    not_stored: "Le message vocal n’existe pas, ou il a expiré et a été supprimé.",
    refused_title: "Ce lien ne fonctionne pas",
    refused: "Il est peut-être incomplet, expiré ou révoqué, ou le message vocal a peut-être été supprimé.",
    refused_advice: "Ouvrez de nouveau le lien à partir de la tâche, de l’e-mail ou de la fiche où vous l’avez reçu. \
                     S’il ne fonctionne toujours pas, demandez le message vocal à l’administrateur de votre centre de \
                     contact, en indiquant qui a appelé et quand.",
    unavailable_title: "Indisponible pour le moment",
    unavailable: "Le message vocal ne peut pas être affiché pour le moment. Veuillez réessayer dans une minute.",
    voicemail_expired: "Ce message vocal a expiré et a été supprimé.",
    expired_advice: "Il ne peut pas être restauré. La tâche, l’e-mail ou la fiche où vous avez reçu le lien contient \
                     peut-être encore le numéro de l’appelant et la transcription.",
    recording_expired: "L’enregistrement a expiré et a été supprimé.",
    transcript_expired: "La transcription a expiré et a été supprimée. L’enregistrement est toujours disponible.",
    no_speech: "(Aucune parole n’a été reconnue. Veuillez écouter l’enregistrement.)",
    transcription_failed: "(La transcription a échoué. Veuillez écouter l’enregistrement.)",
    transcript_late: "(La transcription n’était pas prête à temps. Veuillez écouter l’enregistrement.)",
    warnings: Warnings {
        queue_replaced: "La file d’attente était absente ou inconnue ; la file par défaut a été utilisée.",
        language_replaced: "Cette langue ne peut pas être transcrite ; la langue par défaut a été utilisée.",
        mode_replaced: "Ce mode de remise est inconnu ; le mode par défaut a été utilisé.",
        mode_not_enabled: "Ce mode de remise n’est pas activé ; le mode par défaut a été utilisé.",
        agent_replaced: "L’agent est inconnu ; le message vocal a été transmis à la file d’attente.",
        attribute_dropped: "Un attribut du contact était trop long et a été omis.",
        audio_gaps: "Une partie du son a été perdue et remplacée par du silence.",
        recipient_unknown: "Les informations sur la file d’attente ou l’agent n’ont pas pu être lues.",
        not_redacted: "Les données personnelles ne sont pas masquées dans la transcription.",
        email_address_replaced: "Une adresse e-mail n’est pas autorisée ; une autre a été utilisée.",
        email_template_replaced: "Le modèle d’e-mail est inutilisable ; le modèle intégré a été utilisé.",
        recording_not_attached: "L’enregistrement est trop volumineux pour être joint ; utilisez le lien.",
        owner_replaced: "L’agent ne peut pas être propriétaire de fiches Salesforce ; Salesforce en a désigné un autre.",
        priority_replaced: "Cette priorité n’existe pas dans Salesforce ; la priorité par défaut a été utilisée.",
        silent: "Aucune parole n’a été trouvée dans le message.",
        link_missing: "Aucun lien d’écoute n’a pu être créé ; l’enregistrement est conservé dans le compartiment des \
                       enregistrements.",
        stream_uncertain: "L’appel a été enregistré plusieurs fois. Cet enregistrement peut contenir d’autres parties \
                           de l’appel, ou en être une autre partie.",
        agent_omitted: "La conversation avec un agent a été omise ; le message est peut-être incomplet.",
        begin_unknown: "Le début du message est inconnu ; l’enregistrement commence donc avec l’appel.",
    },
};

/// As in Canada: what differs.
pub(super) const FR_CA: Words = Words {
    tag: "fr-CA",
    name: "Français du Canada",
    time: "%Y-%m-%d à %H h %M (%Z)",
    refused_advice: "Ouvrez de nouveau le lien à partir de la tâche, du courriel ou de la fiche où vous l’avez reçu. \
                     S’il ne fonctionne toujours pas, demandez le message vocal à l’administrateur de votre centre de \
                     contact, en indiquant qui a appelé et quand.",
    expired_advice: "Il ne peut pas être restauré. La tâche, le courriel ou la fiche où vous avez reçu le lien \
                     contient peut-être encore le numéro de l’appelant et la transcription.",
    warnings: Warnings {
        queue_replaced: "La file d’attente était absente ou inconnue; la file par défaut a été utilisée.",
        language_replaced: "Cette langue ne peut pas être transcrite; la langue par défaut a été utilisée.",
        mode_replaced: "Ce mode de livraison est inconnu; le mode par défaut a été utilisé.",
        mode_not_enabled: "Ce mode de livraison n’est pas activé; le mode par défaut a été utilisé.",
        agent_replaced: "L’agent est inconnu; le message vocal a été transmis à la file d’attente.",
        email_address_replaced: "Une adresse courriel n’est pas autorisée; une autre a été utilisée.",
        email_template_replaced: "Le modèle de courriel est inutilisable; le modèle intégré a été utilisé.",
        recording_not_attached: "L’enregistrement est trop volumineux pour être joint; utilisez le lien.",
        owner_replaced: "L’agent ne peut pas être propriétaire de fiches Salesforce; Salesforce en a désigné un autre.",
        priority_replaced: "Cette priorité n’existe pas dans Salesforce; la priorité par défaut a été utilisée.",
        link_missing: "Aucun lien d’écoute n’a pu être créé; l’enregistrement est conservé dans le compartiment des \
                       enregistrements.",
        agent_omitted: "La conversation avec un agent a été omise; le message est peut-être incomplet.",
        begin_unknown: "Le début du message est inconnu; l’enregistrement commence donc avec l’appel.",
        ..FR_FR.warnings
    },
    ..FR_FR
};
