using Posthorn.Core.Maintenance;

namespace Posthorn.Administration;

/// <summary>Hands on what Core counts and names itself.</summary>
internal sealed class StepProgress(IProgress<WorkProgress> progress) : IProgress<WorkStep>
{
    public void Report(WorkStep value) => progress.Report(new WorkProgress(value.What, value.Done, value.Total));
}
