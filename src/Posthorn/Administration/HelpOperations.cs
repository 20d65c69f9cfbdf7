using Posthorn.Core.Feedback;

namespace Posthorn.Administration;

internal sealed record HelpAnswersRequest;

/// <summary><c>help-answers</c>.</summary>
internal static class HelpOperations
{
    public static readonly Operation<HelpAnswersRequest, IReadOnlyList<HelpAnswer>> Answers = new("help.answers", static (context, _, cancel) =>
        context.Services.GetRequiredService<HelpAnswers>().ListAsync(context.Actor, cancel))
    { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [Answers];
}
