/** What the page says at which a person types a code. `{brand}`, `{digits}` and `{left}` are filled in. */
export interface CodePageTexts {
  title: string
  /** Above the field. */
  label: string
  button: string
  wrong: string
  /** What was typed is no code. */
  malformed: string
  /** Nobody knows yet whether a code is on its way. */
  waiting: string
  /** The gateway or Vonage could not answer. */
  later: string
  verified: string
  failed: string
  expired: string
  cancelled: string
  superseded: string
  gone: string
}

export const codePageTexts: Record<string, CodePageTexts> = {
  en: {
    title: 'Confirm your phone number for {brand}',
    label: 'The {digits}-digit code that was sent to you',
    button: 'Confirm',
    wrong: 'That is not the code. Tries left: {left}.',
    malformed: 'Type the {digits} digits of the code.',
    waiting: 'It is not certain that the code has been sent. If none comes, start again where you came from.',
    later: 'This did not work just now. Try again in a moment.',
    verified: 'Your phone number is confirmed. You can close this page.',
    failed: 'There were too many wrong codes. Start again where you came from.',
    expired: 'The time for this code is over. Start again where you came from.',
    cancelled: 'This was cancelled. Start again where you came from.',
    superseded: 'The code was used in another window. If that was not you, start again where you came from.',
    gone: 'This link leads nowhere.',
  },
  de: {
    title: 'Bestätigen Sie Ihre Telefonnummer für {brand}',
    label: 'Der {digits}-stellige Code, der Ihnen geschickt wurde',
    button: 'Bestätigen',
    wrong: 'Das ist nicht der Code. Verbleibende Versuche: {left}.',
    malformed: 'Geben Sie die {digits} Ziffern des Codes ein.',
    waiting:
      'Es ist nicht sicher, ob der Code verschickt wurde. Wenn keiner kommt, beginnen Sie dort von vorn, woher Sie kamen.',
    later: 'Das hat gerade nicht geklappt. Versuchen Sie es gleich noch einmal.',
    verified: 'Ihre Telefonnummer ist bestätigt. Sie können diese Seite schließen.',
    failed: 'Es wurden zu viele falsche Codes eingegeben. Beginnen Sie dort von vorn, woher Sie kamen.',
    expired: 'Die Zeit für diesen Code ist abgelaufen. Beginnen Sie dort von vorn, woher Sie kamen.',
    cancelled: 'Der Vorgang wurde abgebrochen. Beginnen Sie dort von vorn, woher Sie kamen.',
    superseded:
      'Der Code wurde in einem anderen Fenster benutzt. Waren Sie das nicht, beginnen Sie dort von vorn, woher Sie kamen.',
    gone: 'Dieser Link führt nirgendwohin.',
  },
  fr: {
    title: 'Confirmez votre numéro de téléphone pour {brand}',
    label: 'Le code à {digits} chiffres qui vous a été envoyé',
    button: 'Confirmer',
    wrong: 'Ce n’est pas le bon code. Essais restants : {left}.',
    malformed: 'Saisissez les {digits} chiffres du code.',
    waiting: 'Il n’est pas certain que le code ait été envoyé. Si rien n’arrive, recommencez là d’où vous venez.',
    later: 'Cela n’a pas fonctionné. Réessayez dans un instant.',
    verified: 'Votre numéro de téléphone est confirmé. Vous pouvez fermer cette page.',
    failed: 'Trop de codes erronés ont été saisis. Recommencez là d’où vous venez.',
    expired: 'Le délai de ce code est écoulé. Recommencez là d’où vous venez.',
    cancelled: 'L’opération a été annulée. Recommencez là d’où vous venez.',
    superseded: 'Le code a été utilisé dans une autre fenêtre. Si ce n’était pas vous, recommencez là d’où vous venez.',
    gone: 'Ce lien ne mène nulle part.',
  },
  es: {
    title: 'Confirme su número de teléfono para {brand}',
    label: 'El código de {digits} dígitos que le hemos enviado',
    button: 'Confirmar',
    wrong: 'Ese no es el código. Intentos restantes: {left}.',
    malformed: 'Escriba los {digits} dígitos del código.',
    waiting: 'No es seguro que el código se haya enviado. Si no llega, vuelva a empezar desde donde vino.',
    later: 'No ha funcionado. Inténtelo de nuevo en un momento.',
    verified: 'Su número de teléfono está confirmado. Puede cerrar esta página.',
    failed: 'Se han escrito demasiados códigos erróneos. Vuelva a empezar desde donde vino.',
    expired: 'El tiempo para este código ha terminado. Vuelva a empezar desde donde vino.',
    cancelled: 'Se ha cancelado. Vuelva a empezar desde donde vino.',
    superseded: 'El código se usó en otra ventana. Si no fue usted, vuelva a empezar desde donde vino.',
    gone: 'Este enlace no lleva a ninguna parte.',
  },
  it: {
    title: 'Conferma il tuo numero di telefono per {brand}',
    label: 'Il codice di {digits} cifre che ti è stato inviato',
    button: 'Conferma',
    wrong: 'Non è il codice giusto. Tentativi rimasti: {left}.',
    malformed: 'Scrivi le {digits} cifre del codice.',
    waiting: 'Non è certo che il codice sia stato inviato. Se non arriva, ricomincia da dove sei venuto.',
    later: 'Non ha funzionato. Riprova tra un momento.',
    verified: 'Il tuo numero di telefono è confermato. Puoi chiudere questa pagina.',
    failed: 'Sono stati inseriti troppi codici sbagliati. Ricomincia da dove sei venuto.',
    expired: 'Il tempo per questo codice è scaduto. Ricomincia da dove sei venuto.',
    cancelled: 'L’operazione è stata annullata. Ricomincia da dove sei venuto.',
    superseded: 'Il codice è stato usato in un’altra finestra. Se non eri tu, ricomincia da dove sei venuto.',
    gone: 'Questo link non porta da nessuna parte.',
  },
  pt: {
    title: 'Confirme o seu número de telefone para {brand}',
    label: 'O código de {digits} dígitos que lhe foi enviado',
    button: 'Confirmar',
    wrong: 'Esse não é o código. Tentativas restantes: {left}.',
    malformed: 'Escreva os {digits} dígitos do código.',
    waiting: 'Não é certo que o código tenha sido enviado. Se não chegar, recomece de onde veio.',
    later: 'Não funcionou agora. Tente de novo dentro de momentos.',
    verified: 'O seu número de telefone está confirmado. Pode fechar esta página.',
    failed: 'Foram escritos demasiados códigos errados. Recomece de onde veio.',
    expired: 'O tempo deste código terminou. Recomece de onde veio.',
    cancelled: 'Foi cancelado. Recomece de onde veio.',
    superseded: 'O código foi usado noutra janela. Se não foi você, recomece de onde veio.',
    gone: 'Esta ligação não leva a lado nenhum.',
  },
}

/** The language that a person prefers of those that there are (Accept-Language, RFC 9110); English for all others. */
export function languageFor(accepted: string | undefined): string {
  const wanted = (accepted ?? '').split(',').map((item) => {
    const [range = '', ...parameters] = item.trim().toLowerCase().split(';')
    const weight = /^\s*q=([\d.]+)/.exec(parameters.join(';'))?.[1]
    return { language: range.split('-')[0] ?? '', weight: weight === undefined ? 1 : Number(weight) }
  })
  const known = wanted.filter(({ language, weight }) => Object.hasOwn(codePageTexts, language) && weight > 0)
  return known.toSorted((one, other) => other.weight - one.weight)[0]?.language ?? 'en'
}
